#include "checker/visited_set.h"

#include <algorithm>
#include <cassert>
#include <new>
#include <stdexcept>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace cowcheck {

namespace {

// States in flight at a time: more than a core can have cache misses under way,
// few enough for their data to stay in the first-level cache.
constexpr std::size_t batch_states = 64;

// Each segment stops for its own growth only: 1/256 of the set.
constexpr unsigned root_segment_bits = 8;
constexpr unsigned pair_segment_bits = 6;

VisitedSet::Split checked(VisitedSet::Split split) {
    if (split.words < 2 || split.words > PackedState::max_words)
        throw std::invalid_argument("a packed state has 2 to 8 words");
    if (split.left < 1 || split.left >= split.words)
        throw std::invalid_argument("both halves of a packed state have at least one word");
    if (split.first >= split.left)
        throw std::invalid_argument("both parts of a left half have at least one word");
    return split;
}

std::uint32_t number_of(const PairTable::Interned& interned) {
    return static_cast<std::uint32_t>(interned.number);
}

constexpr std::size_t stride = sizeof(PackedState) / sizeof(std::uint64_t);

}  // namespace

struct VisitedSet::Batch {
    std::array<ComponentTable::Probe, batch_states> first;
    std::array<ComponentTable::Probe, batch_states> second;
    std::array<ComponentTable::Probe, batch_states> right;
    std::array<PairTable::Probe, batch_states> pairs;
    std::array<Root, batch_states> parts;
    std::array<Root, batch_states> roots;
};

VisitedSet::VisitedSet(Split split, std::size_t reserve_bytes)
    : split_(checked(split)), pool_(std::make_unique<ExtentPool>(reserve_bytes)),
      right_(split.words - split.left, *pool_, reserve_bytes),
      roots_(root_segment_bits, *pool_, reserve_bytes) {
    if (split.first == 0)
        left_.emplace(split.left, *pool_, reserve_bytes);
    else
        parts_.emplace(Parts{ComponentTable(split.first, *pool_, reserve_bytes),
                             ComponentTable(split.left - split.first, *pool_, reserve_bytes),
                             PairTable(pair_segment_bits, *pool_, reserve_bytes)});
}

std::uint64_t VisitedSet::hash(std::span<const std::uint64_t> words) {
    return XXH3_64bits(words.data(), words.size_bytes());
}

void VisitedSet::insert_batch(std::span<const PackedState> states, std::span<Insertion> results) {
    assert(states.size() == results.size());
    Batch batch;
    for (std::size_t begin = 0; begin < states.size(); begin += batch_states) {
        const std::size_t count = std::min(batch_states, states.size() - begin);
        const std::span some = states.subspan(begin, count);
        const std::uint64_t* const rights = some.front().words.data() + split_.left;
        const std::span right(batch.right.data(), count);
        right_.begin(rights, stride, right);
        intern_lefts(some, batch); // also the stage of the right halves' guesses
        for (std::size_t i = 0; i < count; ++i) {
            batch.roots[i].right = right_.intern(rights + i * stride, right[i]);
            roots_.begin(batch.roots[i], batch.pairs[i]);
        }
        roots_.guess(std::span(batch.pairs.data(), count));
        for (std::size_t i = 0; i < count; ++i) {
            const PairTable::Interned root = roots_.intern(
                batch.roots[i], batch.pairs[i], left_components(), right_.size());
            results[begin + i] = {root.number, root.fresh};
        }
    }
}

// The numbers of the left halves, into batch.roots.
void VisitedSet::intern_lefts(std::span<const PackedState> states, Batch& batch) {
    const std::span right(batch.right.data(), states.size());
    if (parts_) {
        right_.guess(right);
        return intern_parts(states, batch);
    }
    const std::uint64_t* const lefts = states.front().words.data();
    const std::span left(batch.first.data(), states.size());
    left_->begin(lefts, stride, left);
    left_->guess(left);
    right_.guess(right);
    for (std::size_t i = 0; i < states.size(); ++i)
        batch.roots[i].left = left_->intern(lefts + i * stride, left[i]);
}

void VisitedSet::intern_parts(std::span<const PackedState> states, Batch& batch) {
    const std::uint64_t* const firsts = states.front().words.data();
    const std::uint64_t* const seconds = firsts + split_.first;
    const std::span first(batch.first.data(), states.size());
    const std::span second(batch.second.data(), states.size());
    parts_->first.begin(firsts, stride, first);
    parts_->second.begin(seconds, stride, second);
    parts_->first.guess(first);
    parts_->second.guess(second);
    for (std::size_t i = 0; i < states.size(); ++i) {
        batch.parts[i] = Root{parts_->first.intern(firsts + i * stride, first[i]),
                              parts_->second.intern(seconds + i * stride, second[i])};
        parts_->pairs.begin(batch.parts[i], batch.pairs[i]);
    }
    parts_->pairs.guess(std::span(batch.pairs.data(), states.size()));
    for (std::size_t i = 0; i < states.size(); ++i) {
        // A root has 32 bits for the number of a pair.
        if (parts_->pairs.size() >= ComponentTable::max_items) throw std::bad_alloc();
        batch.roots[i].left = number_of(parts_->pairs.intern(
            batch.parts[i], batch.pairs[i], parts_->first.size(), parts_->second.size()));
    }
}

std::optional<std::uint64_t> VisitedSet::find_left(const std::uint64_t* words) const {
    if (left_) return left_->find(words);
    const std::optional<std::uint32_t> first = parts_->first.find(words);
    if (!first) return std::nullopt;
    const std::optional<std::uint32_t> second = parts_->second.find(words + split_.first);
    if (!second) return std::nullopt;
    return parts_->pairs.find(Root{*first, *second});
}

std::optional<std::uint64_t> VisitedSet::find(const PackedState& state) const {
    const std::optional<std::uint64_t> left = find_left(state.words.data());
    if (!left) return std::nullopt;
    const std::optional<std::uint32_t> right = right_.find(state.words.data() + split_.left);
    if (!right) return std::nullopt;
    return roots_.find(Root{static_cast<std::uint32_t>(*left), *right});
}

void VisitedSet::prefetch_left(std::uint32_t number) const {
    if (left_)
        left_->prefetch(number);
    else
        parts_->pairs.prefetch(number);
}

void VisitedSet::get(std::uint64_t index, PackedState& state) const {
    get_batch(index, std::span(&state, 1));
}

void VisitedSet::get_batch(std::uint64_t begin, std::span<PackedState> states) const {
    std::array<Root, batch_states> roots;
    std::array<Root, batch_states> parts;
    for (std::size_t done = 0; done < states.size(); done += batch_states) {
        const std::size_t count = std::min(batch_states, states.size() - done);
        for (std::size_t i = 0; i < count; ++i) {
            roots[i] = roots_[begin + done + i];
            prefetch_left(roots[i].left);
            right_.prefetch(roots[i].right);
        }
        for (std::size_t i = 0; parts_ && i < count; ++i) {
            parts[i] = parts_->pairs[roots[i].left];
            parts_->first.prefetch(parts[i].left);
            parts_->second.prefetch(parts[i].right);
        }
        for (std::size_t i = 0; i < count; ++i) {
            std::uint64_t* const words = states[done + i].words.data();
            right_.read(roots[i].right, words + split_.left);
            if (left_) {
                left_->read(roots[i].left, words);
                continue;
            }
            parts_->first.read(parts[i].left, words);
            parts_->second.read(parts[i].right, words + split_.first);
        }
    }
}

std::size_t VisitedSet::bytes() const {
    const std::size_t left =
        left_ ? left_->bytes()
              : parts_->first.bytes() + parts_->second.bytes() + parts_->pairs.bytes();
    return sizeof(VisitedSet) + pool_->bytes() + left + right_.bytes() + roots_.bytes();
}

}  // namespace cowcheck
