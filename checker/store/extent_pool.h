// Cache-line buckets, handed out in extents of one size. Growing tables give
// their old extents back, so nothing fragments and huge pages stay filled.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "checker/store/huge_memory.h"

namespace cowcheck {

// One cache line of a hash table; its user says what the bytes mean.
struct alignas(64) Bucket {
    std::array<std::byte, 64> bytes;
};

class ExtentPool {
public:
    static constexpr std::size_t buckets_per_extent = 64;

    // At most `reserve_bytes` are handed out at any time.
    explicit ExtentPool(std::size_t reserve_bytes) : memory_(reserve_bytes) {}

    // An extent of zeroed buckets. Throws std::bad_alloc if there is none.
    [[nodiscard]] Bucket* take();

    // Takes an extent back.
    void give(Bucket* extent) noexcept;

    // Bytes of resident pages and of the list of free extents.
    [[nodiscard]] std::size_t bytes() const;

private:
    HugeMemory memory_;
    std::vector<Bucket*> free_;  // room for all extents that exist, so give() never allocates
    std::size_t extents_ = 0;    // that exist, free or not
};

}  // namespace cowcheck
