// What is said between cowcheck and its agent in a guest: lines of words over a serial line. The
// agent has no library, so this header needs none but what a freestanding compiler brings along.
//
// To the agent, one program at a time:
//     program ID repeat N seed S     then its steps, then
//     go
// A step is `GROUP BRANCH WHO OPERATION ARGUMENTS...`: groups run one after the other, the branches
// of a group side by side. WHO is SLOT.CPU for what a process does, - for what is done from
// outside. Numbers are decimal or 0x....
//
// `exec PATH` runs a program of the guest's, whose lines come as they are; `exited STATUS SIGNAL`
// follows.
//
// From the agent: `hello ...` once, then for each repetition `did ID RESULT...` with one word a
// step, and `end ID`. Lines that begin with # are notes for people.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cowcheck::wire {

inline constexpr unsigned version = 1;
inline constexpr std::string_view exec = "exec";
inline constexpr std::string_view exited = "exited";

// Bounds of what the agent can do at once.
inline constexpr unsigned max_slots = 3;
inline constexpr unsigned max_cpus = 3;
inline constexpr unsigned max_pins = 4;
inline constexpr unsigned max_steps = 96;
inline constexpr unsigned max_arguments = 4;

// The first letter of a result.
inline constexpr char done = 'o';       // ok
inline constexpr char value = 'v';      // vHEX: what was read or written
inline constexpr char failed = 'e';     // eERRNO
inline constexpr char fault = 'f';      // SIGSEGV or SIGBUS
inline constexpr char waits = 'w';      // it has not ended when nothing else moved any more
inline constexpr char unreached = 'u';  // something before it waits
inline constexpr char entry = 'p';      // pHEX: an entry of /proc/PID/pagemap
inline constexpr char count = 'n';      // nNUMBER
inline constexpr char unable = 's';     // this machine cannot do it, or it had no effect

// Kinds of memory of `map`.
enum class Memory : std::uint8_t { anonymous, memfd, tmpfile, hugetlb, huge };

// clang-format off
//    name             by a process  arguments
#define COWCHECK_WIRE_OPERATIONS(X)                                                                \
    X(map,             true,  "kind pages unit stride")                                            \
    X(read,            true,  "va")                                                                \
    X(write,           true,  "va value")                                                          \
    X(fork,            true,  "slot cpus")                                                         \
    X(exit,            true,  "")                                                                  \
    X(munmap,          true,  "va pages")                                                          \
    X(remap,           true,  "va pages")         /* munmap and a fresh mapping */                 \
    X(madvise,         true,  "va pages advice")                                                   \
    X(mprotect,        true,  "va pages prot")                                                     \
    X(pin,             true,  "va pin")           /* IORING_REGISTER_BUFFERS */                    \
    X(splice,          true,  "va pin")           /* vmsplice() */                                 \
    X(force,           true,  "va value")         /* a store by way of /proc/self/mem */           \
    X(register_uffd,   true,  "features")         /* write protection of all memory */             \
    X(twin,            true,  "va")               /* an equal page beside the memory */            \
    X(untwin,          true,  "")                                                                  \
    X(dma_read,        false, "pin")                                                               \
    X(dma_write,       false, "pin value")                                                         \
    X(unpin,           false, "pin")                                                               \
    X(clear_refs,      false, "slot")                                                              \
    X(protect,         false, "slot va pages")                                                     \
    X(resolve,         false, "slot va pages")                                                     \
    X(scan,            false, "slot va pages")    /* PAGEMAP_SCAN, PM_SCAN_WP_MATCHING */          \
    X(page_out,        false, "slot va pages")    /* MADV_PAGEOUT from outside */                  \
    X(migrate,         false, "slot va")          /* move_pages() to the other node */             \
    X(merge,           false, "slot va")          /* let ksmd run until it has merged it */        \
    X(look,            false, "slot va")          /* the entry in /proc/PID/pagemap */             \
    X(file_entry,      false, "va")               /* that of a shared mapping of the file */       \
    X(file_value,      false, "va")                                                                \
    X(is_thp,          false, "slot va")          /* unable if no PMD maps it */                   \
    X(events,          false, "slot")             /* how many nobody has waited for */             \
    X(wait_event,      false, "slot")
// clang-format on

enum class Operation : std::uint8_t {
#define X(name, by_process, arguments) name,
    COWCHECK_WIRE_OPERATIONS(X)
#undef X
};

struct OperationInfo {
    std::string_view name;
    bool by_process;
    std::string_view arguments;
};

inline constexpr auto operations = std::to_array<OperationInfo>({
#define X(name, by_process, arguments) {#name, by_process, arguments},
    COWCHECK_WIRE_OPERATIONS(X)
#undef X
});

[[nodiscard]] constexpr const OperationInfo& info(Operation operation) {
    return operations[static_cast<std::size_t>(operation)];
}

[[nodiscard]] constexpr unsigned arguments_of(Operation operation) {
    const std::string_view words = info(operation).arguments;
    unsigned words_there = words.empty() ? 0 : 1;
    for (const char c : words) words_there += c == ' ' ? 1 : 0;
    return words_there;
}

// What `hello has ...` may name: what this kernel and this machine can do.
inline constexpr std::string_view has_collapse = "collapse";
inline constexpr std::string_view has_free = "madv_free";
inline constexpr std::string_view has_frames = "pfn";
inline constexpr std::string_view has_hugetlb = "hugetlb";
inline constexpr std::string_view has_ksm = "ksm";
inline constexpr std::string_view has_nodes = "two_nodes";
inline constexpr std::string_view has_ring = "io_uring";
inline constexpr std::string_view has_scan = "pagemap_scan";
inline constexpr std::string_view has_soft_dirty = "soft_dirty";
inline constexpr std::string_view has_swap = "swap";
inline constexpr std::string_view has_thp = "thp";
inline constexpr std::string_view has_uffd_wp = "uffd_wp";
inline constexpr std::string_view has_uffd_wp_bit = "uffd_wp_bit";  // in pagemap
inline constexpr std::string_view has_uffd_wp_file = "uffd_wp_file";
inline constexpr std::string_view has_wp_async = "wp_async";
inline constexpr std::string_view has_event_fork = "event_fork";

}  // namespace cowcheck::wire
