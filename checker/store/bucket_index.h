// A compact hash index: finds the number of an item by the item's hash. It
// holds numbers and 8-bit tags only; the items stay with the caller, who
// compares them, so a lookup is exact whatever the hash does.
//
// A bucket is one cache line of `slots` tags (one byte each, 0 = free) followed
// by `slots` numbers of `number_bits` bits; a full bucket spills into the next.
// The index is split into segments by the top bits of the hash. They grow one
// by one, at different times, so that no insertion waits long and the average
// load stays high.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "checker/store/extent_pool.h"
#include "checker/store/prefetch.h"

namespace cowcheck {

static_assert(std::endian::native == std::endian::little, "bit fields are read as words");

class BucketIndex {
public:
    static constexpr std::uint64_t none = ~std::uint64_t{0};

    // Numbers may have this many bits.
    static constexpr unsigned max_number_bits = 34;

    // 2^segment_bits segments (1..12 bits) of one bucket each. `pool` must
    // outlive the index and stay where it is. Throws std::bad_alloc.
    BucketIndex(unsigned segment_bits, ExtentPool& pool);
    ~BucketIndex();
    BucketIndex(BucketIndex&&) noexcept = default;
    BucketIndex& operator=(BucketIndex&&) = delete;
    BucketIndex(const BucketIndex&) = delete;
    BucketIndex& operator=(const BucketIndex&) = delete;

    // Asks for the memory where a search for `hash` begins.
    void prefetch(std::uint64_t hash) const {
        const Segment& segment = segments_[hash >> segment_shift_];
        const Bucket* const first = &segment.bucket(home(segment, hash));
        prefetch_line(first);
        // Up to a quarter of the buckets is full, so a search often goes on. (At the end
        // of an extent it goes on elsewhere; then this is in vain.)
        prefetch_line(first + 1);
    }

    // A number that probably belongs to `hash`, or `none`: the first with its
    // tag in the first two buckets. Only a hint, for prefetching the item.
    [[nodiscard]] std::uint64_t guess(std::uint64_t hash) const;

    // The number n with this hash for which `equals(n)` holds, or `none`.
    template <class Equals>
    [[nodiscard]] std::uint64_t find(std::uint64_t hash, Equals&& equals) const;

    // Makes sure that insert(hash, number) has room. `items` tells about the
    // numbers that are in the index: items.hash(n), items.prefetch(n).
    // Throws std::bad_alloc if memory is used up or `number` is too large; the
    // index is then as before.
    template <class Items>
    void make_room(std::uint64_t hash, std::uint64_t number, const Items& items) {
        Segment& segment = segments_[hash >> segment_shift_];
        if (segment.count >= segment.limit || (number >> segment.number_bits) != 0) [[unlikely]]
            grow(segment, number, items);
    }

    // Adds a number that is not in the index, after make_room().
    void insert(std::uint64_t hash, std::uint64_t number) noexcept {
        Segment& segment = segments_[hash >> segment_shift_];
        place(segment, hash, number);
        ++segment.count;
    }

    // Adds 0, 1, ..., count - 1 to an empty index.
    template <class Items>
    void fill(std::uint64_t count, const Items& items);

    // Slots that exist and slots that hold a number.
    [[nodiscard]] std::uint64_t capacity() const;
    [[nodiscard]] std::uint64_t size() const;

    // Bytes besides the extents taken from the pool.
    [[nodiscard]] std::size_t bytes() const { return own_bytes_; }

private:
    struct Segment {
        std::unique_ptr<Bucket*[]> extents;  // each of ExtentPool::buckets_per_extent buckets
        std::unique_ptr<Bucket[]> block;     // instead of the only extent, if it would be larger
        std::uint32_t buckets = 0;
        std::uint32_t count = 0;
        std::uint32_t limit = 0;  // grow before count gets larger
        std::uint8_t slots = 0;   // in a bucket
        std::uint8_t number_bits = 0;

        [[nodiscard]] Bucket& bucket(std::uint32_t at) const {
            constexpr std::size_t per_extent = ExtentPool::buckets_per_extent;
            return extents[at / per_extent][at % per_extent];
        }
        [[nodiscard]] std::uint32_t after(std::uint32_t at) const {
            return at + 1 == buckets ? 0 : at + 1;
        }
    };

    // The bits of the hash below those that chose the segment, as a fraction of
    // the segment: a grown segment keeps the order of its items.
    [[nodiscard]] std::uint32_t home(const Segment& segment, std::uint64_t hash) const {
        const std::uint64_t fraction = (hash << segment_bits_) >> 32;
        return static_cast<std::uint32_t>((fraction * segment.buckets) >> 32);
    }

    [[nodiscard]] static std::uint8_t tag_of(std::uint64_t hash) {
        const auto low = static_cast<std::uint8_t>(hash);
        return low == 0 ? std::uint8_t{255} : low;
    }

    // Bit i is set if slot i has this tag.
    [[nodiscard]] static unsigned match(const Bucket& bucket, std::uint8_t tag, unsigned slots);

    [[nodiscard]] static bool is_full(const Bucket& bucket, unsigned slots) {
        return bucket.bytes[slots - 1] != std::byte{0};
    }

    [[nodiscard]] static std::uint64_t number_at(const Bucket& bucket, const Segment& segment,
                                                 unsigned slot);
    static void set_slot(Bucket& bucket, const Segment& segment, unsigned slot, std::uint8_t tag,
                         std::uint64_t number);
    static void place(const Segment& segment, std::uint32_t at, std::uint8_t tag,
                      std::uint64_t number) noexcept;
    void place(const Segment& segment, std::uint64_t hash, std::uint64_t number) const noexcept {
        place(segment, home(segment, hash), tag_of(hash), number);
    }

    [[nodiscard]] Segment larger(const Segment& segment, std::uint64_t number);
    void take_buckets(Segment& segment);
    void give_buckets(Segment& segment) noexcept;

    template <class Items>
    void grow(Segment& segment, std::uint64_t number, const Items& items);
    template <class Items>
    void move_all(const Segment& from, const Segment& to, const Items& items) const;

    unsigned segment_bits_;
    unsigned segment_shift_;
    std::vector<Segment> segments_;
    ExtentPool* pool_;
    std::size_t own_bytes_ = 0;
};

inline unsigned BucketIndex::match(const Bucket& bucket, std::uint8_t tag, unsigned slots) {
#if defined(__SSE2__)
    const void* const bytes = bucket.bytes.data();
    const __m128i tags = _mm_load_si128(static_cast<const __m128i*>(bytes));
    const __m128i equal = _mm_cmpeq_epi8(tags, _mm_set1_epi8(static_cast<char>(tag)));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(equal));
    return found & ((1U << slots) - 1U);
#else
    unsigned found = 0;
    for (unsigned i = 0; i < slots; ++i)
        found |= static_cast<unsigned>(bucket.bytes[i] == std::byte{tag}) << i;
    return found;
#endif
}

inline std::uint64_t BucketIndex::number_at(const Bucket& bucket, const Segment& segment,
                                            unsigned slot) {
    const unsigned bit = 8U * segment.slots + slot * segment.number_bits;
    const unsigned byte = std::min(bit / 8, 56U);
    std::uint64_t word = 0;
    std::memcpy(&word, bucket.bytes.data() + byte, sizeof word);
    return (word >> (bit - 8 * byte)) & ((std::uint64_t{1} << segment.number_bits) - 1);
}

// The slot must be free: its bits are zero.
inline void BucketIndex::set_slot(Bucket& bucket, const Segment& segment, unsigned slot,
                                  std::uint8_t tag, std::uint64_t number) {
    bucket.bytes[slot] = std::byte{tag};
    const unsigned bit = 8U * segment.slots + slot * segment.number_bits;
    const unsigned byte = std::min(bit / 8, 56U);
    std::uint64_t word = 0;
    std::memcpy(&word, bucket.bytes.data() + byte, sizeof word);
    word |= number << (bit - 8 * byte);
    std::memcpy(bucket.bytes.data() + byte, &word, sizeof word);
}

inline void BucketIndex::place(const Segment& segment, std::uint32_t at, std::uint8_t tag,
                               std::uint64_t number) noexcept {
    while (is_full(segment.bucket(at), segment.slots)) at = segment.after(at);
    Bucket& bucket = segment.bucket(at);
    const unsigned free = match(bucket, 0, segment.slots);
    set_slot(bucket, segment, static_cast<unsigned>(std::countr_zero(free)), tag, number);
}

inline std::uint64_t BucketIndex::guess(std::uint64_t hash) const {
    const Segment& segment = segments_[hash >> segment_shift_];
    const std::uint8_t tag = tag_of(hash);
    std::uint32_t at = home(segment, hash);
    const Bucket* bucket = &segment.bucket(at);
    unsigned found = match(*bucket, tag, segment.slots);
    if (found == 0 && is_full(*bucket, segment.slots)) {
        at = segment.after(at);
        bucket = &segment.bucket(at);
        found = match(*bucket, tag, segment.slots);
    }
    if (found == 0) return none;
    return number_at(*bucket, segment, static_cast<unsigned>(std::countr_zero(found)));
}

template <class Equals>
std::uint64_t BucketIndex::find(std::uint64_t hash, Equals&& equals) const {
    const Segment& segment = segments_[hash >> segment_shift_];
    const std::uint8_t tag = tag_of(hash);
    // Ends because `limit` leaves at least one slot of a segment free.
    for (std::uint32_t at = home(segment, hash);; at = segment.after(at)) {
        const Bucket& bucket = segment.bucket(at);
        for (unsigned found = match(bucket, tag, segment.slots); found != 0; found &= found - 1) {
            const auto slot = static_cast<unsigned>(std::countr_zero(found));
            const std::uint64_t number = number_at(bucket, segment, slot);
            if (equals(number)) return number;
        }
        if (!is_full(bucket, segment.slots)) return none;
    }
}

// A batch of hashes first, so that their buckets are on their way.
template <class Items>
void BucketIndex::fill(std::uint64_t count, const Items& items) {
    std::array<std::uint64_t, 64> hashes;
    for (std::uint64_t first = 0; first < count; first += hashes.size()) {
        const std::uint64_t end = std::min<std::uint64_t>(first + hashes.size(), count);
        for (std::uint64_t i = first; i < end; ++i) {
            hashes[i - first] = items.hash(i);
            prefetch(hashes[i - first]);
        }
        for (std::uint64_t i = first; i < end; ++i) {
            make_room(hashes[i - first], i, items);
            insert(hashes[i - first], i);
        }
    }
}

template <class Items>
void BucketIndex::grow(Segment& segment, std::uint64_t number, const Items& items) {
    Segment bigger = larger(segment, number);
    move_all(segment, bigger, items);
    give_buckets(segment);
    segment = std::move(bigger);
}

// Old and new places are visited in the same order; only the items, whose
// hashes are needed again, are anywhere in memory. They are prefetched.
template <class Items>
void BucketIndex::move_all(const Segment& from, const Segment& to, const Items& items) const {
    constexpr std::uint32_t buckets_at_once = 16;
    constexpr unsigned most_slots = 16;
    std::array<std::uint64_t, buckets_at_once * most_slots> numbers;
    for (std::uint32_t first = 0; first < from.buckets; first += buckets_at_once) {
        const std::uint32_t end = std::min(first + buckets_at_once, from.buckets);
        std::size_t count = 0;
        for (std::uint32_t at = first; at < end; ++at) {
            const Bucket& bucket = from.bucket(at);
            for (unsigned i = 0; i < from.slots && bucket.bytes[i] != std::byte{0}; ++i) {
                numbers[count] = number_at(bucket, from, i);
                items.prefetch(numbers[count]);
                ++count;
            }
        }
        for (std::size_t i = 0; i < count; ++i) place(to, items.hash(numbers[i]), numbers[i]);
    }
}

}  // namespace cowcheck
