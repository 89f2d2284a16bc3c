// The one table of operations: what a thread, a service or the device may start.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

// Who starts it: a CPU of a process, the userfaultfd monitor, whoever writes to
// /proc/PID/clear_refs, a kernel thread (compaction, kswapd, ksmd, khugepaged), a secondary
// MMU that mmu notifiers keep in step (KVM, a GPU), or a device that holds a pin.
enum class Actor : std::uint8_t { cpu, monitor, procfs, kernel, secondary_mmu, device };

// What must be there before it starts, beyond a living process.
enum class Needs : std::uint8_t { nothing, pin_slot, process_slot, nobody_else, held_pin, dma_pin };

// clang-format off
//             name             actor    parameters     needs         stores  what
#define COWCHECK_OPERATIONS(X)                                                                       \
    X(read,            cpu,     "va",        nothing,      false, "a load by the program")            \
    X(write,           cpu,     "va",        nothing,      true,  "a store by the program")           \
    X(fork,            cpu,     "",          process_slot, false, "fork(2)")                          \
    X(exit,            cpu,     "",          nobody_else,  false, "exit_group(2), all threads")       \
    X(munmap,          cpu,     "va",        nothing,      false, "munmap(2) of one page")            \
    X(madvise_dontneed, cpu,    "va",        nothing,      false, "madvise(MADV_DONTNEED) of one page") \
    X(madvise_free,    cpu,     "va",        nothing,      false, "madvise(MADV_FREE) of one page")   \
    X(madvise_dontfork, cpu,    "va",        nothing,      false, "madvise(MADV_DONTFORK) of one page") \
    X(madvise_dofork,  cpu,     "va",        nothing,      false, "madvise(MADV_DOFORK) of one page")  \
    X(mprotect_read,   cpu,     "va",        nothing,      false, "mprotect(PROT_READ)")              \
    X(mprotect_write,  cpu,     "va",        nothing,      false, "mprotect(PROT_READ | PROT_WRITE)") \
    X(munmap_range,    cpu,     "",          nothing,      false, "munmap(2) of all pages")           \
    X(madvise_dontneed_range, cpu, "",       nothing,      false, "madvise(MADV_DONTNEED) of all pages") \
    X(mprotect_read_range, cpu, "",          nothing,      false, "mprotect(PROT_READ) of all pages") \
    X(mprotect_write_range, cpu, "",         nothing,      false, "mprotect(PROT_READ | PROT_WRITE) of all pages") \
    X(madvise_collapse, cpu,    "",          nothing,      false, "madvise(MADV_COLLAPSE)")           \
    X(gup,             cpu,     "va flags",  pin_slot,     false, "get_user_pages or pin_user_pages") \
    X(gup_fast,        cpu,     "va flags",  pin_slot,     false, "the lockless variant of gup")      \
    X(gup_force,       cpu,     "va flags",  pin_slot,     false, "get_user_pages(FOLL_FORCE): ptrace, /proc/PID/mem") \
    X(clear_refs,      procfs,  "",          nothing,      false, "echo 4 > /proc/PID/clear_refs")    \
    X(uffd_wp_protect, monitor, "va",        nothing,      false, "UFFDIO_WRITEPROTECT with MODE_WP") \
    X(uffd_wp_resolve, monitor, "va",        nothing,      false, "UFFDIO_WRITEPROTECT without it")   \
    X(uffd_continue,   monitor, "va",        nothing,      false, "UFFDIO_CONTINUE: map what page cache holds") \
    X(pagemap_scan,    procfs,  "va",        nothing,      false, "PAGEMAP_SCAN with PM_SCAN_WP_MATCHING") \
    X(uffd_wp_protect_range, monitor, "",    nothing,      false, "UFFDIO_WRITEPROTECT with MODE_WP of all pages") \
    X(uffd_wp_resolve_range, monitor, "",    nothing,      false, "UFFDIO_WRITEPROTECT without it of all pages") \
    X(khugepaged,      kernel,  "",          nothing,      false, "khugepaged collapses base pages into a THP") \
    X(split_folio,     kernel,  "va",        nothing,      false, "reclaim or a deferred split makes a THP base pages") \
    X(speculative_get, kernel,  "va",        nothing,      false, "a page reference taken on suspicion, and dropped") \
    X(lru_add_drain_all, kernel, "",         nothing,      false, "every CPU's LRU batch is drained")  \
    X(swap_out,        kernel,  "va",        nothing,      false, "reclaim writes a page to swap")    \
    X(migrate,         kernel,  "va",        nothing,      false, "page migration: compaction, move_pages") \
    X(ksm_merge,       kernel,  "va",        nothing,      false, "ksmd merges the page with one of the same content") \
    X(secondary_fault, secondary_mmu, "va flags", nothing, false, "a fault in a secondary MMU")       \
    X(secondary_read,  secondary_mmu, "va",  nothing,      false, "a load through the secondary MMU") \
    X(secondary_write, secondary_mmu, "va",  nothing,      true,  "a store through the secondary MMU") \
    X(unpin,           device,  "page flags", held_pin,    false, "put_page or unpin_user_page")      \
    X(dma_read,        device,  "",          held_pin,     false, "the holder reads through the pin") \
    X(dma_write,       device,  "",          dma_pin,      true,  "the device writes through the pin")
// clang-format on

enum class OperationKind : std::uint8_t {
#define X(name, actor, parameters, needs, stores, what) name,
    COWCHECK_OPERATIONS(X)
#undef X
};

struct OperationInfo {
    std::string_view name;
    Actor actor;
    std::string_view parameters;  // as a design must declare them
    Needs needs;
    bool stores;
    std::string_view what;
};

inline constexpr auto operation_table = std::to_array<OperationInfo>({
#define X(name, actor, parameters, needs, stores, what)                                            \
    {#name, Actor::actor, parameters, Needs::needs, stores, what},
    COWCHECK_OPERATIONS(X)
#undef X
});

[[nodiscard]] constexpr const OperationInfo& info(OperationKind kind) {
    return operation_table[static_cast<std::size_t>(kind)];
}

[[nodiscard]] std::optional<OperationKind> find_operation(std::string_view name);

// The GUP flags that a menu entry fixes.
struct GupFlags {
    bool write = false;     // FOLL_WRITE
    bool pin = false;       // FOLL_PIN, otherwise FOLL_GET
    bool longterm = false;  // FOLL_LONGTERM
    bool get = false;       // secondary_fault: FOLL_GET, or no reference at all
    bool keep = false;      // secondary_fault: until it is invalidated
    bool zeroes = false;    // write: what is stored are zeroes

    friend bool operator==(const GupFlags&, const GupFlags&) = default;
};

// An operation as a world's menu names it.
struct MenuItem {
    OperationKind kind = OperationKind::read;
    GupFlags flags;

    // Whether the program or its device means to store: a write, or a GUP for one.
    [[nodiscard]] bool stores() const { return info(kind).stores || flags.write; }
    friend bool operator==(const MenuItem&, const MenuItem&) = default;
};

// What becomes of Field::wp_armed when it write-protects for userfaultfd; 0 if it does not.
[[nodiscard]] constexpr unsigned arms(OperationKind kind) {
    return kind == OperationKind::uffd_wp_protect || kind == OperationKind::uffd_wp_protect_range
               ? 1U
           : kind == OperationKind::pagemap_scan ? 3U
                                                 : 0U;
}

// "write", "pin": in the order in which worlds write them.
[[nodiscard]] std::vector<std::string> flag_names(const MenuItem& item);

// "gup_fast(write, pin)", as worlds write it.
[[nodiscard]] std::string to_text(const MenuItem& item);

}  // namespace cowcheck
