// What comes of an instruction besides a new state: the events that it raises, and why it may be
// blocked.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace cowcheck {

// Things that properties may look at when they happen.
// clang-format off
#define COWCHECK_EVENTS(X)                                                                     \
    X(load,      "a CPU reads: mm, va, page")                                                  \
    X(store,     "a CPU's store commits: mm, va, page")                                        \
    X(dma_read,  "the holder of a pin reads the page: pin, page, mm, va")                              \
    X(dma_write, "a device writes the page: pin, page, mm, va")                                        \
    X(unpin,     "a pin is about to go: pin, page, mm, va")                                            \
    X(userfault, "a write-protect event reaches the monitor: mm, va, operation.writes")        \
    X(cow_copy,  "a fault copies a page: mm, va, page (the old one), needed")                          \
    X(underflow, "a count gets smaller than nothing: a reference is dropped that nobody had: page") \
    X(overflow,  "a count gets larger than a state can keep: page, if it is a page's")         \
    X(free,      "a page goes back to the allocator: page")                                    \
    X(fork_copy, "fork copies a page at once: mm, va, page (the old one), needed")
// clang-format on

enum class Event : std::uint8_t {
#define X(name, what) name,
    COWCHECK_EVENTS(X)
#undef X
};

struct EventInfo {
    std::string_view name;
    std::string_view what;
};

inline constexpr auto event_table = std::to_array<EventInfo>({
#define X(name, what) {#name, what},
    COWCHECK_EVENTS(X)
#undef X
});

// Why a step could not run.
enum class Blocked : std::uint8_t { no, lock, frames, userfault, interrupts };

}  // namespace cowcheck
