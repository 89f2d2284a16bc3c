#include "checker/store/extent_pool.h"

#include <algorithm>
#include <memory>

namespace cowcheck {

Bucket* ExtentPool::take() {
    if (!free_.empty()) {
        Bucket* const extent = free_.back();
        free_.pop_back();
        std::fill_n(extent, buckets_per_extent, Bucket{});
        return extent;
    }
    if (free_.capacity() <= extents_) free_.reserve(2 * extents_ + buckets_per_extent);
    constexpr std::size_t extent_bytes = buckets_per_extent * sizeof(Bucket);
    const std::size_t start = extents_ * extent_bytes;
    memory_.use(start + extent_bytes);
    ++extents_;
    // Fresh pages are zero; the buckets in them are trivial and begin to live here.
    void* const place = memory_.data() + start;
    return static_cast<Bucket*>(place);
}

void ExtentPool::give(Bucket* extent) noexcept { free_.push_back(extent); }

std::size_t ExtentPool::bytes() const {
    // Of the list, only what was in use at once has been touched; all of it is counted.
    return memory_.resident_bytes() + free_.capacity() * sizeof(Bucket*);
}

}  // namespace cowcheck
