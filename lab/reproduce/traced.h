// The operations of a trace: when each runs, and what system calls can stand for it.
#pragma once

#include "model/machine/program.h"
#include "model/operations.h"
#include "traces/trace.h"

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cowcheck {

// An operation that the trace starts.
struct TracedOperation {
    // Of an operation that the trace leaves in the midst of what it does.
    static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

    unsigned number = 0;  // as the trace counts, from 1 on
    Actor actor = Actor::cpu;
    std::string thread;
    std::string process;
    std::optional<unsigned> va;
    TraceOperation call;
    unsigned gup = 0;            // of a device: the operation that took the pin
    std::size_t first = 0;       // its first and its last step, from 0 on
    std::size_t last = 0;        // that the trace shows
    std::size_t end = 0;         // the same, or never

    [[nodiscard]] bool is_gup() const { return call.name.starts_with("gup"); }
    [[nodiscard]] bool has_flag(std::string_view flag) const;
};

// Of a trace that replays on the program.
[[nodiscard]] std::vector<TracedOperation> operations_in(const Trace& trace,
                                                         const Program& program);

// The operation whose store, or transfer into memory, makes the value: its number; 0 if it was
// there at the start.
[[nodiscard]] unsigned maker_of(const Trace& trace, const std::string& value);

// The operation that the trace's is when user space asks for it.
struct Drivable {
    TraceOperation call;
    Actor actor = Actor::cpu;
    std::string note;     // in what it is another one than the trace's; empty if in nothing
    bool stand_in = false;  // the trace's own has no system call; this one may show the same
    std::string refused;  // why there is none; else empty
};
[[nodiscard]] Drivable drivable(const TracedOperation& operation);

}  // namespace cowcheck
