// One array that grows to any size without ever moving: address space is
// reserved once, pages appear as they are used, and large arrays get huge pages.
#pragma once

#include <cstddef>

namespace cowcheck {

class HugeMemory {
public:
    // Huge pages start here. A smaller array uses small pages only, so that an
    // empty one costs nothing to speak of.
    static constexpr std::size_t huge_from_bytes = std::size_t{4} << 20;
    static constexpr std::size_t huge_page_bytes = std::size_t{2} << 20;
    static constexpr std::size_t small_page_bytes = 4096;

    // Reserves address space for `reserve_bytes` (rounded up to huge pages), or for at least
    // an eighth of what there is where the process may not have as much.
    // Throws std::bad_alloc if not even one huge page can be reserved.
    explicit HugeMemory(std::size_t reserve_bytes);
    ~HugeMemory();
    HugeMemory(HugeMemory&& other) noexcept;
    HugeMemory& operator=(HugeMemory&& other) noexcept;
    HugeMemory(const HugeMemory&) = delete;
    HugeMemory& operator=(const HugeMemory&) = delete;

    // Makes the bytes [0, bytes) usable; those never used before are zero.
    // Throws std::bad_alloc if the reservation or the memory is used up; what
    // was usable stays so.
    void use(std::size_t bytes) {
        if (bytes > used_) {
            if (bytes > committed_) commit(bytes);
            used_ = bytes;
        }
    }

    [[nodiscard]] std::byte* data() { return data_; }
    [[nodiscard]] const std::byte* data() const { return data_; }
    [[nodiscard]] std::size_t used() const { return used_; }

    // Bytes of the pages behind [0, used()), as if all of them had been touched
    // and every huge page had been granted.
    [[nodiscard]] std::size_t resident_bytes() const;

private:
    void commit(std::size_t bytes);
    void release() noexcept;

    std::byte* data_ = nullptr;
    std::size_t reserved_ = 0;
    std::size_t committed_ = 0;
    std::size_t used_ = 0;
};

// The bytes of physical memory: no array that stays in memory gets larger.
[[nodiscard]] std::size_t physical_memory_bytes();

}  // namespace cowcheck
