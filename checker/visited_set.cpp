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

VisitedSet::Split checked(VisitedSet::Split split) {
    if (split.words < 2 || split.words > PackedState::max_words)
        throw std::invalid_argument("a packed state has 2 to 8 words");
    if (split.left < 1 || split.left >= split.words)
        throw std::invalid_argument("both halves of a packed state have at least one word");
    if (split.first >= split.left)
        throw std::invalid_argument("both parts of a left half have at least one word");
    return split;
}

std::uint64_t pair_of(std::uint32_t first, std::uint32_t second) {
    return first | (std::uint64_t{second} << 32);
}

}  // namespace

struct VisitedSet::Batch {
    std::array<ComponentTable::Probe, batch_states> left;
    std::array<ComponentTable::Probe, batch_states> right;
    std::array<ComponentTable::Probe, batch_states> first;
    std::array<ComponentTable::Probe, batch_states> second;
    std::array<std::uint64_t, batch_states> pairs;
    std::array<Root, batch_states> roots;
    std::array<std::uint64_t, batch_states> hashes;
    std::array<std::uint64_t, batch_states> guesses;
};

std::uint64_t VisitedSet::RootHashes::hash(std::uint64_t index) const {
    return hash_root(roots[index]);
}

VisitedSet::VisitedSet(Split split, std::size_t reserve_bytes)
    : split_(checked(split)), pool_(std::make_unique<ExtentPool>(reserve_bytes)),
      left_(split.first == 0 ? split.left : 1, *pool_, reserve_bytes),
      right_(split.words - split.left, *pool_, reserve_bytes), roots_(reserve_bytes),
      index_(segment_bits, *pool_) {
    if (split.first != 0)
        parts_.emplace(ComponentTable(split.first, *pool_, reserve_bytes),
                       ComponentTable(split.left - split.first, *pool_, reserve_bytes));
}

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

// The pairs of the numbers of the left halves' parts: what left_ interns then.
void VisitedSet::intern_parts(std::span<const PackedState> states, Batch& batch) {
    constexpr std::size_t stride = sizeof(PackedState) / sizeof(std::uint64_t);
    const std::uint64_t* const lefts = states.front().words.data();
    const std::span first(batch.first.data(), states.size());
    const std::span second(batch.second.data(), states.size());
    parts_->first.begin(lefts, stride, first);
    parts_->second.begin(lefts + split_.first, stride, second);
    parts_->first.guess(first);
    parts_->second.guess(second);
    for (std::size_t i = 0; i < states.size(); ++i) {
        const std::uint64_t* const state = states[i].words.data();
        batch.pairs[i] = pair_of(parts_->first.intern(state, first[i]),
                                 parts_->second.intern(state + split_.first, second[i]));
    }
}

void VisitedSet::intern_halves(std::span<const PackedState> states, Batch& batch) {
    constexpr std::size_t whole = sizeof(PackedState) / sizeof(std::uint64_t);
    const std::uint64_t* lefts = states.front().words.data();
    const std::uint64_t* const rights = lefts + split_.left;
    std::size_t stride = whole;
    if (parts_) {
        intern_parts(states, batch);
        lefts = batch.pairs.data();
        stride = 1;
    }
    const std::span left(batch.left.data(), states.size());
    const std::span right(batch.right.data(), states.size());
    left_.begin(lefts, stride, left);
    right_.begin(rights, whole, right);
    left_.guess(left);
    right_.guess(right);
    for (std::size_t i = 0; i < states.size(); ++i) {
        batch.roots[i] = Root{left_.intern(lefts + i * stride, left[i]),
                              right_.intern(rights + i * whole, right[i])};
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

std::optional<std::uint64_t> VisitedSet::find_pair(const std::uint64_t* left) const {
    const std::optional<std::uint32_t> first = parts_->first.find(left);
    if (!first) return std::nullopt;
    const std::optional<std::uint32_t> second = parts_->second.find(left + split_.first);
    if (!second) return std::nullopt;
    return pair_of(*first, *second);
}

std::optional<std::uint64_t> VisitedSet::find(const PackedState& state) const {
    const std::uint64_t* const words = state.words.data();
    const std::optional<std::uint64_t> pair = parts_ ? find_pair(words) : std::nullopt;
    if (parts_ && !pair) return std::nullopt;
    const std::optional<std::uint32_t> left = left_.find(pair ? &*pair : words);
    if (!left) return std::nullopt;
    const std::optional<std::uint32_t> right = right_.find(words + split_.left);
    if (!right) return std::nullopt;
    const Root root{*left, *right};
    const std::uint64_t index = find_root(root, hash_root(root));
    if (index == BucketIndex::none) return std::nullopt;
    return index;
}

void VisitedSet::get(std::uint64_t index, PackedState& state) const {
    get_batch(index, std::span(&state, 1));
}

void VisitedSet::get_batch(std::uint64_t begin, std::span<PackedState> states) const {
    std::array<Root, batch_states> roots;
    std::array<std::uint64_t, batch_states> pairs;
    for (std::size_t done = 0; done < states.size(); done += batch_states) {
        const std::size_t count = std::min(batch_states, states.size() - done);
        for (std::size_t i = 0; i < count; ++i) {
            roots[i] = roots_[begin + done + i];
            left_.prefetch(roots[i].left);
            right_.prefetch(roots[i].right);
        }
        for (std::size_t i = 0; parts_ && i < count; ++i) {
            left_.read(roots[i].left, &pairs[i]);
            parts_->first.prefetch(pairs[i] & 0xffffffffU);
            parts_->second.prefetch(pairs[i] >> 32);
        }
        for (std::size_t i = 0; i < count; ++i) {
            std::uint64_t* const words = states[done + i].words.data();
            if (parts_) {
                parts_->first.read(pairs[i] & 0xffffffffU, words);
                parts_->second.read(pairs[i] >> 32, words + split_.first);
            } else {
                left_.read(roots[i].left, words);
            }
            right_.read(roots[i].right, words + split_.left);
        }
    }
}

std::size_t VisitedSet::bytes() const {
    const std::size_t parts = parts_ ? parts_->first.bytes() + parts_->second.bytes() : 0;
    return sizeof(VisitedSet) + pool_->bytes() + parts + left_.bytes() + right_.bytes() +
           roots_.bytes() + index_.bytes();
}

}  // namespace cowcheck
