#include "checker/visited_set.h"

#include <algorithm>
#include <cassert>
#include <stdexcept>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace cowcheck {

namespace {

// States in flight at a time: more than a core can have cache misses under way,
// few enough for their data to stay in the first-level cache.
constexpr std::size_t batch_states = 64;

// Each segment stops for its own growth only: 1/256 of the set.
constexpr unsigned segment_bits = 8;

// A bijection of 64 bits (the finaliser of MurmurHash3): distinct pairs have
// distinct hashes, and each bit depends on all bits of both numbers.
std::uint64_t hash_root(Root root) {
    std::uint64_t bits = (std::uint64_t{root.left} << 32) | root.right;
    bits ^= bits >> 33;
    bits *= 0xff51afd7ed558ccd;
    bits ^= bits >> 33;
    bits *= 0xc4ceb9fe1a85ec53;
    bits ^= bits >> 33;
    return bits;
}

std::size_t checked_words(unsigned words, unsigned left_words) {
    if (words < 2 || words > PackedState::max_words)
        throw std::invalid_argument("a packed state has 2 to 8 words");
    if (left_words < 1 || left_words >= words)
        throw std::invalid_argument("both halves of a packed state have at least one word");
    return words;
}

}  // namespace

struct VisitedSet::Batch {
    std::array<ComponentTable::Probe, batch_states> left;
    std::array<ComponentTable::Probe, batch_states> right;
    std::array<Root, batch_states> roots;
    std::array<std::uint64_t, batch_states> hashes;
    std::array<std::uint64_t, batch_states> guesses;
};

std::uint64_t VisitedSet::RootHashes::hash(std::uint64_t index) const {
    return hash_root(roots[index]);
}

VisitedSet::VisitedSet(unsigned words, unsigned left_words, std::size_t reserve_bytes)
    : words_(static_cast<unsigned>(checked_words(words, left_words))), left_words_(left_words),
      pool_(std::make_unique<ExtentPool>(reserve_bytes)), left_(left_words, *pool_, reserve_bytes),
      right_(words - left_words, *pool_, reserve_bytes), roots_(reserve_bytes),
      index_(segment_bits, *pool_) {}

std::uint64_t VisitedSet::hash(std::span<const std::uint64_t> words) {
    return XXH3_64bits(words.data(), words.size_bytes());
}

void VisitedSet::insert_batch(std::span<const PackedState> states, std::span<Insertion> results) {
    assert(states.size() == results.size());
    Batch batch;
    for (std::size_t first = 0; first < states.size(); first += batch_states) {
        const std::size_t count = std::min(batch_states, states.size() - first);
        intern_halves(states.subspan(first, count), batch);
        guess_roots(count, batch);
        for (std::size_t i = 0; i < count; ++i)
            results[first + i] = insert_root(batch.roots[i], batch.hashes[i], batch.guesses[i]);
    }
}

void VisitedSet::intern_halves(std::span<const PackedState> states, Batch& batch) {
    constexpr std::size_t stride = sizeof(PackedState) / sizeof(std::uint64_t);
    const std::uint64_t* const lefts = states.front().words.data();
    const std::uint64_t* const rights = lefts + left_words_;
    const std::span left(batch.left.data(), states.size());
    const std::span right(batch.right.data(), states.size());
    left_.begin(lefts, stride, left);
    right_.begin(rights, stride, right);
    left_.guess(left);
    right_.guess(right);
    for (std::size_t i = 0; i < states.size(); ++i) {
        const std::uint64_t* const state = states[i].words.data();
        batch.roots[i] =
            Root{left_.intern(state, left[i]), right_.intern(state + left_words_, right[i])};
        batch.hashes[i] = hash_root(batch.roots[i]);
        index_.prefetch(batch.hashes[i]);
    }
}

void VisitedSet::guess_roots(std::size_t count, Batch& batch) const {
    for (std::size_t i = 0; i < count; ++i) {
        batch.guesses[i] = index_.guess(batch.hashes[i]);
        if (batch.guesses[i] != BucketIndex::none) roots_.prefetch(batch.guesses[i]);
    }
}

Insertion VisitedSet::insert_root(Root root, std::uint64_t root_hash, std::uint64_t guess) {
    if (guess != BucketIndex::none && roots_[guess] == root) return Insertion{guess, false};
    const std::uint64_t known = find_root(root, root_hash);
    if (known != BucketIndex::none) return Insertion{known, false};
    const std::uint64_t index = roots_.size();
    // Both may fail; nothing has changed before both succeeded.
    roots_.make_room(root, left_.size(), right_.size());
    index_.make_room(root_hash, index, RootHashes{roots_});
    roots_.append(root);
    index_.insert(root_hash, index);
    return Insertion{index, true};
}

std::uint64_t VisitedSet::find_root(Root root, std::uint64_t root_hash) const {
    return index_.find(root_hash, [&](std::uint64_t index) { return roots_[index] == root; });
}

std::optional<std::uint64_t> VisitedSet::find(const PackedState& state) const {
    const std::optional<std::uint32_t> left = left_.find(state.words.data());
    if (!left) return std::nullopt;
    const std::optional<std::uint32_t> right = right_.find(state.words.data() + left_words_);
    if (!right) return std::nullopt;
    const Root root{*left, *right};
    const std::uint64_t index = find_root(root, hash_root(root));
    if (index == BucketIndex::none) return std::nullopt;
    return index;
}

void VisitedSet::get(std::uint64_t index, PackedState& state) const {
    const Root root = roots_[index];
    left_.read(root.left, state.words.data());
    right_.read(root.right, state.words.data() + left_words_);
}

void VisitedSet::get_batch(std::uint64_t first, std::span<PackedState> states) const {
    std::array<Root, batch_states> roots;
    for (std::size_t done = 0; done < states.size(); done += batch_states) {
        const std::size_t count = std::min(batch_states, states.size() - done);
        for (std::size_t i = 0; i < count; ++i) {
            roots[i] = roots_[first + done + i];
            left_.prefetch(roots[i].left);
            right_.prefetch(roots[i].right);
        }
        for (std::size_t i = 0; i < count; ++i) {
            left_.read(roots[i].left, states[done + i].words.data());
            right_.read(roots[i].right, states[done + i].words.data() + left_words_);
        }
    }
}

std::size_t VisitedSet::bytes() const {
    return sizeof(VisitedSet) + pool_->bytes() + left_.bytes() + right_.bytes() + roots_.bytes() +
           index_.bytes();
}

}  // namespace cowcheck
