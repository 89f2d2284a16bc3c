#include "checker/store/bucket_index.h"

#include <array>
#include <cmath>
#include <new>

namespace cowcheck {

namespace {

// A segment grows by this factor when it is filled to this part: on average
// 1.19/0.87 = 1.37 slots for each number. Fuller is slower (more buckets spill),
// growing by less moves each number more often.
constexpr double growth = 1.4;
constexpr double max_load = 0.87;

// While a segment is small it grows at least to twice that: what it wastes is little, and
// numbers are moved less often.
constexpr std::uint32_t doubles_below = 32'768;

// Ways to divide a cache line: `slots` tags of a byte and numbers of `bits`.
struct Layout {
    std::uint8_t slots;
    std::uint8_t bits;
};
constexpr std::array<Layout, 5> layouts = {{{16, 24}, {15, 26}, {14, 28}, {13, 31}, {12, 34}}};
static_assert(layouts.back().bits == BucketIndex::max_number_bits);

constexpr bool fits_a_line(Layout layout) {
    return layout.slots * (8U + layout.bits) <= 8 * sizeof(Bucket);
}
static_assert(fits_a_line(layouts[0]) && fits_a_line(layouts[1]) && fits_a_line(layouts[2]) &&
              fits_a_line(layouts[3]) && fits_a_line(layouts[4]));

// The densest layout for `number` and, if there is one, for those which come
// until the segment has grown once more.
Layout layout_for(std::uint64_t number) {
    const std::uint64_t later = number + number / 2;
    for (const Layout layout : layouts)
        if ((later >> layout.bits) == 0) return layout;
    if ((number >> layouts.back().bits) == 0) return layouts.back();
    throw std::bad_alloc();
}

std::uint32_t limit_of(std::uint64_t buckets, unsigned slots) {
    const double limit = max_load * static_cast<double>(buckets * slots);
    constexpr double most = 4.0e9;  // fits the counter
    return static_cast<std::uint32_t>(std::min(limit, most));
}

// The number with the lowest `bits` bits in reverse order, as a fraction of 1:
// any few neighbours are spread evenly.
double spread(std::uint64_t number, unsigned bits) {
    std::uint64_t reversed = 0;
    for (unsigned i = 0; i < bits; ++i) reversed |= ((number >> i) & 1U) << (bits - 1 - i);
    return static_cast<double>(reversed) / static_cast<double>(std::uint64_t{1} << bits);
}

// Buckets of a segment that must hold more than `count` numbers. All sizes of a
// segment are growth^(phase + 0, 1, 2, ...) slots: segments with different
// phases grow at different times.
std::uint32_t buckets_for(std::uint32_t count, unsigned slots, double phase) {
    const double steps = std::log(count + 1.0) / std::log(growth) - phase;
    double step = std::max(0.0, std::floor(steps));
    for (;; step += 1.0) {
        const double wanted = std::ceil(std::pow(growth, step + phase) / slots);
        if (wanted > 4.0e9) throw std::bad_alloc();
        auto buckets = static_cast<std::uint64_t>(wanted);
        constexpr std::uint64_t per_extent = ExtentPool::buckets_per_extent;
        if (buckets >= per_extent) buckets = (buckets + per_extent - 1) / per_extent * per_extent;
        if (limit_of(buckets, slots) > count) return static_cast<std::uint32_t>(buckets);
    }
}

std::size_t extents_of(std::uint32_t buckets) {
    return (buckets + ExtentPool::buckets_per_extent - 1) / ExtentPool::buckets_per_extent;
}

// Bytes of a segment outside the pool.
std::size_t own_bytes_of(std::uint32_t buckets) {
    const std::size_t block =
        buckets < ExtentPool::buckets_per_extent ? buckets * sizeof(Bucket) : 0;
    return extents_of(buckets) * sizeof(Bucket*) + block;
}

}  // namespace

BucketIndex::BucketIndex(unsigned segment_bits, ExtentPool& pool)
    : segment_bits_(segment_bits), segment_shift_(64 - segment_bits),
      segments_(std::size_t{1} << segment_bits), pool_(&pool),
      own_bytes_(segments_.size() * sizeof(Segment)) {
    for (Segment& segment : segments_) segment = larger(segment, 0);
}

BucketIndex::~BucketIndex() {
    for (Segment& segment : segments_) give_buckets(segment);
}

// An empty segment that holds more than `segment` does, `number` among it.
BucketIndex::Segment BucketIndex::larger(const Segment& segment, std::uint64_t number) {
    const Layout layout = layout_for(number);
    const auto which = static_cast<std::uint64_t>(&segment - segments_.data());
    Segment bigger;
    bigger.slots = layout.slots;
    bigger.number_bits = layout.bits;
    const std::uint32_t wanted = segment.count < doubles_below ? 2 * segment.count : segment.count;
    bigger.buckets = buckets_for(wanted, layout.slots, spread(which, segment_bits_));
    bigger.count = segment.count;
    bigger.limit = limit_of(bigger.buckets, layout.slots);
    take_buckets(bigger);
    return bigger;
}

// Room for segment.buckets buckets, or an exception and nothing taken.
void BucketIndex::take_buckets(Segment& segment) {
    const std::size_t extents = extents_of(segment.buckets);
    segment.extents = std::make_unique<Bucket*[]>(extents);
    if (segment.buckets < ExtentPool::buckets_per_extent) {
        segment.block = std::make_unique<Bucket[]>(segment.buckets);
        segment.extents[0] = segment.block.get();
    } else {
        std::size_t taken = 0;
        try {
            for (; taken < extents; ++taken) segment.extents[taken] = pool_->take();
        } catch (const std::bad_alloc&) {
            while (taken > 0) pool_->give(segment.extents[--taken]);
            throw;
        }
    }
    own_bytes_ += own_bytes_of(segment.buckets);
}

void BucketIndex::give_buckets(Segment& segment) noexcept {
    if (segment.extents == nullptr) return;
    if (segment.block == nullptr) {
        for (std::size_t i = 0; i < extents_of(segment.buckets); ++i)
            pool_->give(segment.extents[i]);
    }
    own_bytes_ -= own_bytes_of(segment.buckets);
    segment.extents.reset();
    segment.block.reset();
}

std::uint64_t BucketIndex::capacity() const {
    std::uint64_t slots = 0;
    for (const Segment& segment : segments_)
        slots += std::uint64_t{segment.buckets} * segment.slots;
    return slots;
}

std::uint64_t BucketIndex::size() const {
    std::uint64_t numbers = 0;
    for (const Segment& segment : segments_) numbers += segment.count;
    return numbers;
}

}  // namespace cowcheck
