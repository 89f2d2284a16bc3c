#include "checker/store/component_table.h"

#include <new>
#include <type_traits>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace cowcheck {

namespace {

// Enough to be loaded evenly, few enough to cost nothing when empty.
constexpr unsigned segment_bits = 6;

// A seed of its own: whoever partitions the states by VisitedSet::hash, even of
// one half only, does not thin out some segments and fill others.
constexpr std::uint64_t seed = 0x9e3779b97f4a7c15;

template <std::size_t words>
std::uint64_t hash_words(const std::uint64_t* item) {
    return XXH3_64bits_withSeed(item, words * sizeof(std::uint64_t), seed);
}

// Calls `use` with the hash function for items of so many words: of a length that the compiler
// knows, hashes are twice as fast.
template <class Use>
auto with_hash(unsigned words, Use&& use) {
    switch (words) {
    case 1: return use(std::integral_constant<std::size_t, 1>{});
    case 2: return use(std::integral_constant<std::size_t, 2>{});
    case 3: return use(std::integral_constant<std::size_t, 3>{});
    case 4: return use(std::integral_constant<std::size_t, 4>{});
    case 5: return use(std::integral_constant<std::size_t, 5>{});
    case 6: return use(std::integral_constant<std::size_t, 6>{});
    default: return use(std::integral_constant<std::size_t, 7>{});
    }
}

std::uint64_t hash_item(const std::uint64_t* item, unsigned words) {
    return with_hash(words, [&](auto n) { return hash_words<n()>(item); });
}

}  // namespace

ComponentTable::ComponentTable(unsigned words, ExtentPool& pool, std::size_t reserve_bytes)
    : words_(words), memory_(reserve_bytes), index_(segment_bits, pool) {}

void ComponentTable::begin(const std::uint64_t* first, std::size_t stride,
                           std::span<const std::uint8_t> which, std::span<Probe> probes) const {
    with_hash(words_, [&](auto n) {
        for (std::size_t k = 0; k < probes.size(); ++k) {
            probes[k].hash = hash_words<n()>(first + (which.empty() ? k : which[k]) * stride);
            index_.prefetch(probes[k].hash);
        }
    });
}

void ComponentTable::guess(std::span<Probe> probes) const {
    for (Probe& probe : probes) {
        probe.guess = index_.guess(probe.hash);
        if (probe.guess != BucketIndex::none) prefetch(probe.guess);
    }
}

std::optional<std::uint32_t> ComponentTable::find(const std::uint64_t* item) const {
    const std::uint64_t number = index_.find(
        hash_item(item, words_), [&](std::uint64_t stored) { return holds(stored, item); });
    if (number == BucketIndex::none) return std::nullopt;
    return static_cast<std::uint32_t>(number);
}

std::uint32_t ComponentTable::intern_slowly(const std::uint64_t* item, std::uint64_t item_hash) {
    const std::uint64_t known =
        index_.find(item_hash, [&](std::uint64_t stored) { return holds(stored, item); });
    if (known != BucketIndex::none) return static_cast<std::uint32_t>(known);
    if (size_ >= max_items) throw std::bad_alloc();
    const std::size_t item_bytes = words_ * sizeof(std::uint64_t);
    // Both may fail; nothing has changed before both succeeded.
    index_.make_room(item_hash, size_, *this);
    memory_.use((size_ + 1) * item_bytes);
    std::memcpy(memory_.data() + size_ * item_bytes, item, item_bytes);
    index_.insert(item_hash, size_);
    return static_cast<std::uint32_t>(size_++);
}

void ComponentTable::save(ByteSink& sink) const {
    put(sink, size_);
    sink.write({memory_.data(), size_ * words_ * sizeof(std::uint64_t)});
}

// The index is made anew: it is as large as the items, and to read it would take as long.
void ComponentTable::load(ByteSource& source) {
    const auto size = take<std::uint64_t>(source);
    require_stored(size_ == 0 && size <= max_items, "a table of components has too many");
    const std::size_t item_bytes = words_ * sizeof(std::uint64_t);
    memory_.use(size * item_bytes);
    source.read({memory_.data(), size * item_bytes});
    index_.fill(size, *this);
    size_ = size;
}

std::uint64_t ComponentTable::hash(std::uint64_t number) const {
    return hash_item(item_at(number), words_);
}

}  // namespace cowcheck
