#include "checker/store/visited_set.h"

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

// The states of a batch of which one part's number is not known, by their place in it.
struct VisitedSet::Unknown {
    std::array<std::uint8_t, batch_states> which;
    std::size_t count = 0;
    std::array<ComponentTable::Probe, batch_states> probes;

    void select(std::span<const PartNumbers> numbers, std::uint32_t PartNumbers::*part) {
        count = 0;
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            which[count] = static_cast<std::uint8_t>(i);
            count += numbers[i].*part == PartNumbers::unknown;
        }
    }
    void begin(const ComponentTable& table, const std::uint64_t* items) {
        table.begin(items, stride, std::span(which).first(count), std::span(probes).first(count));
    }
    void guess(const ComponentTable& table) { table.guess(std::span(probes).first(count)); }
    void intern(ComponentTable& table, const std::uint64_t* items, std::span<PartNumbers> numbers,
                std::uint32_t PartNumbers::*part) const {
        for (std::size_t k = 0; k < count; ++k)
            numbers[which[k]].*part = table.intern(items + which[k] * stride, probes[k]);
    }
};

struct VisitedSet::Batch {
    Unknown left;  // or its first part
    Unknown second;
    Unknown right;
    std::array<PairTable::Probe, batch_states> pairs;
    std::array<PairTable::Interned, batch_states> interned;  // roots
};

VisitedSet::VisitedSet(Split split, std::size_t reserve_bytes)
    : split_(checked(split)), batch_(std::make_unique<Batch>()),
      pool_(std::make_unique<ExtentPool>(reserve_bytes)),
      right_(split.words - split.left, *pool_, reserve_bytes),
      roots_(root_segment_bits, *pool_, reserve_bytes) {
    if (split.first == 0)
        left_.emplace(split.left, *pool_, reserve_bytes);
    else
        parts_.emplace(Parts{ComponentTable(split.first, *pool_, reserve_bytes),
                             ComponentTable(split.left - split.first, *pool_, reserve_bytes),
                             PairTable(pair_segment_bits, *pool_, reserve_bytes)});
}

VisitedSet::~VisitedSet() = default;
VisitedSet::VisitedSet(VisitedSet&&) noexcept = default;

std::uint64_t VisitedSet::hash(std::span<const std::uint64_t> words) {
    return XXH3_64bits(words.data(), words.size_bytes());
}

void VisitedSet::insert_batch(std::span<const PackedState> states, std::span<Insertion> results) {
    assert(states.size() == results.size());
    std::array<PartNumbers, batch_states> numbers;
    std::array<Root, batch_states> roots;
    for (std::size_t begin = 0; begin < states.size(); begin += batch_states) {
        const std::size_t count = std::min(batch_states, states.size() - begin);
        const std::span of(numbers.data(), count);
        std::fill(of.begin(), of.end(), PartNumbers{});
        intern_halves(states.subspan(begin, count), of);
        for (std::size_t i = 0; i < count; ++i) roots[i] = of[i].root();
        intern_roots(std::span(roots.data(), count));
        for (std::size_t i = 0; i < count; ++i)
            results[begin + i] = {batch_->interned[i].number, batch_->interned[i].fresh};
    }
}

void VisitedSet::number_parts(std::span<const PackedState> states, std::span<PartNumbers> numbers) {
    assert(states.size() == numbers.size());
    for (std::size_t begin = 0; begin < states.size(); begin += batch_states) {
        const std::size_t count = std::min(batch_states, states.size() - begin);
        intern_halves(states.subspan(begin, count), numbers.subspan(begin, count));
    }
}

void VisitedSet::insert_roots(std::span<const Root> roots) {
    for (std::size_t begin = 0; begin < roots.size(); begin += batch_states)
        intern_roots(roots.subspan(begin, std::min(batch_states, roots.size() - begin)));
}

void VisitedSet::intern_roots(std::span<const Root> roots) {
    Batch& batch = *batch_;
    for (std::size_t i = 0; i < roots.size(); ++i) roots_.begin(roots[i], batch.pairs[i]);
    roots_.guess(std::span(batch.pairs.data(), roots.size()));
    for (std::size_t i = 0; i < roots.size(); ++i)
        batch.interned[i] =
            roots_.intern(roots[i], batch.pairs[i], left_components(), right_.size());
}

void VisitedSet::intern_halves(std::span<const PackedState> states,
                               std::span<PartNumbers> numbers) {
    Batch& batch = *batch_;
    const std::uint64_t* const lefts = states.front().words.data();
    const std::uint64_t* const seconds = lefts + split_.first;
    const std::uint64_t* const rights = lefts + split_.left;
    ComponentTable& left = parts_ ? parts_->first : *left_;
    const auto left_part = parts_ ? &PartNumbers::first : &PartNumbers::left;
    batch.right.select(numbers, &PartNumbers::right);
    batch.right.begin(right_, rights);
    batch.left.select(numbers, left_part);
    batch.left.begin(left, lefts);
    if (parts_) {
        batch.second.select(numbers, &PartNumbers::second);
        batch.second.begin(parts_->second, seconds);
        batch.second.guess(parts_->second);
    }
    batch.left.guess(left);
    batch.right.guess(right_);
    batch.left.intern(left, lefts, numbers, left_part);
    if (parts_) {
        batch.second.intern(parts_->second, seconds, numbers, &PartNumbers::second);
        intern_pairs(numbers);
    }
    batch.right.intern(right_, rights, numbers, &PartNumbers::right);
}

// Left halves of two parts.
void VisitedSet::intern_pairs(std::span<PartNumbers> numbers) {
    Batch& batch = *batch_;
    batch.left.select(numbers, &PartNumbers::left);
    const std::span which = std::span(batch.left.which).first(batch.left.count);
    const auto pair_of = [](const PartNumbers& of) { return Root{of.first, of.second}; };
    for (std::size_t k = 0; k < which.size(); ++k)
        parts_->pairs.begin(pair_of(numbers[which[k]]), batch.pairs[k]);
    parts_->pairs.guess(std::span(batch.pairs).first(which.size()));
    for (std::size_t k = 0; k < which.size(); ++k) {
        // A root has 32 bits for the number of a pair.
        if (parts_->pairs.size() >= ComponentTable::max_items) throw std::bad_alloc();
        PartNumbers& of = numbers[which[k]];
        of.left = number_of(parts_->pairs.intern(pair_of(of), batch.pairs[k], parts_->first.size(),
                                                 parts_->second.size()));
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
    get_batch(index, std::span(&state, 1), {});
}

void VisitedSet::get_batch(std::uint64_t begin, std::span<PackedState> states,
                           std::span<PartNumbers> numbers) const {
    assert(numbers.empty() || numbers.size() == states.size());
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
        for (std::size_t i = 0; i < count && !numbers.empty(); ++i)
            numbers[done + i] = {roots[i].left, parts[i].left, parts[i].right, roots[i].right};
    }
}

void VisitedSet::save(ByteSink& sink) const {
    for (const unsigned part : {split_.words, split_.left, split_.first}) put(sink, part);
    if (left_) {
        left_->save(sink);
    } else {
        parts_->first.save(sink);
        parts_->second.save(sink);
        parts_->pairs.save(sink);
    }
    right_.save(sink);
    roots_.save(sink);
}

void VisitedSet::load(ByteSource& source) {
    for (const unsigned part : {split_.words, split_.left, split_.first})
        require_stored(take<unsigned>(source) == part, "states are cut in other places");
    if (left_) {
        left_->load(source);
    } else {
        parts_->first.load(source);
        parts_->second.load(source);
        parts_->pairs.load(source);
    }
    right_.load(source);
    roots_.load(source);
}

std::size_t VisitedSet::bytes() const {
    const std::size_t left =
        left_ ? left_->bytes()
              : parts_->first.bytes() + parts_->second.bytes() + parts_->pairs.bytes();
    return sizeof(VisitedSet) + pool_->bytes() + left + right_.bytes() + roots_.bytes();
}

}  // namespace cowcheck
