#include "checker/store/huge_memory.h"

#include <algorithm>
#include <new>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

namespace cowcheck {

namespace {

constexpr std::size_t small_commit_step = std::size_t{64} << 10;
constexpr std::size_t huge_commit_step = std::size_t{8} << 20;

std::size_t round_up(std::size_t bytes, std::size_t unit) {
    return (bytes + unit - 1) / unit * unit;
}

// PROT_NONE costs no commit charge, so this works where overcommit is off, too.
void* reserve(std::size_t bytes) {
    void* const start =
        mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return start == MAP_FAILED ? nullptr : start;
}

std::byte* align_up(void* start, std::size_t unit) {
    auto* const bytes = static_cast<std::byte*>(start);
    const std::size_t past = reinterpret_cast<std::size_t>(bytes) % unit;
    return past == 0 ? bytes : bytes + (unit - past);
}

}  // namespace

HugeMemory::HugeMemory(std::size_t reserve_bytes) {
    std::size_t wanted = round_up(std::max<std::size_t>(reserve_bytes, 1), huge_page_bytes);
    const auto half = [](std::size_t bytes) { return round_up(bytes / 2, huge_page_bytes); };
    void* start = nullptr;
    bool refused = false;
    // One huge page more, so that the array can start at the border of one.
    while ((start = reserve(wanted + huge_page_bytes)) == nullptr) {
        if (wanted == huge_page_bytes) throw std::bad_alloc();
        refused = true;
        wanted = half(wanted);
    }
    if (refused) {  // leaves most of what there is to others, such as the stacks of threads
        const std::size_t found = std::exchange(wanted, half(half(wanted)));
        munmap(static_cast<std::byte*>(start) + wanted + huge_page_bytes, found - wanted);
    }
    data_ = align_up(start, huge_page_bytes);
    reserved_ = wanted;
    auto* const begin = static_cast<std::byte*>(start);
    const auto before = static_cast<std::size_t>(data_ - begin);
    if (before > 0) munmap(begin, before);
    if (before < huge_page_bytes) munmap(data_ + reserved_, huge_page_bytes - before);

    // Both are advice: without it the array is slower or larger, not wrong.
    const std::size_t small = std::min(reserved_, huge_from_bytes);
    madvise(data_, small, MADV_NOHUGEPAGE);
    if (reserved_ > small) madvise(data_ + small, reserved_ - small, MADV_HUGEPAGE);
}

HugeMemory::~HugeMemory() { release(); }

HugeMemory::HugeMemory(HugeMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), reserved_(std::exchange(other.reserved_, 0)),
      committed_(std::exchange(other.committed_, 0)), used_(std::exchange(other.used_, 0)) {}

HugeMemory& HugeMemory::operator=(HugeMemory&& other) noexcept {
    if (this != &other) {
        release();
        data_ = std::exchange(other.data_, nullptr);
        reserved_ = std::exchange(other.reserved_, 0);
        committed_ = std::exchange(other.committed_, 0);
        used_ = std::exchange(other.used_, 0);
    }
    return *this;
}

void HugeMemory::release() noexcept {
    if (data_ != nullptr) munmap(data_, reserved_);
}

// Pages become accessible in steps, since each step is a system call. They
// become resident only when touched.
void HugeMemory::commit(std::size_t bytes) {
    if (bytes > reserved_) throw std::bad_alloc();
    const std::size_t step = bytes <= huge_from_bytes ? small_commit_step : huge_commit_step;
    const std::size_t end = std::min(round_up(bytes, step), reserved_);
    if (mprotect(data_ + committed_, end - committed_, PROT_READ | PROT_WRITE) != 0)
        throw std::bad_alloc();
    committed_ = end;
}

std::size_t HugeMemory::resident_bytes() const {
    if (used_ <= huge_from_bytes) return round_up(used_, small_page_bytes);
    return round_up(used_, huge_page_bytes);
}

std::size_t physical_memory_bytes() {
    const long pages = sysconf(_SC_PHYS_PAGES);
    const long page_bytes = sysconf(_SC_PAGESIZE);
    if (pages <= 0 || page_bytes <= 0) return std::size_t{64} << 30;
    return static_cast<std::size_t>(pages) * static_cast<std::size_t>(page_bytes);
}

}  // namespace cowcheck
