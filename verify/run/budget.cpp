#include "verify/run/budget.h"

#include "verify/run/limits.h"
#include "verify/run/numbers.h"

#include <algorithm>
#include <new>

namespace cowcheck {

Budget::Budget(const StopLimits& limits) : limits_(limits) {
    limits_.max_memory = std::min(limits.max_memory, default_memory_limit());
    stop_.max_states = limits.max_states;
    if (limits.max_time) stop_.deadline = std::chrono::steady_clock::now() + *limits.max_time;
}

// The limit is the process's; explorers know only what they have.
void Budget::leave_memory_for_the_rest() {
    const std::uint64_t resident = resident_bytes();
    const std::uint64_t rest = resident - std::min<std::uint64_t>(resident, usage_.bytes);
    stop_.max_bytes = limits_.max_memory - std::min(limits_.max_memory, rest);
}

StopReason Budget::deepen(CheckRun& run) {
    leave_memory_for_the_rest();
    StopReason reason = StopReason::memory;
    try {
        reason = run.deepen(stop_);
    } catch (const std::bad_alloc&) {
        // What is known so far is still known.
    }
    StopReason none = StopReason::none;
    if (reason != none && reason_.compare_exchange_strong(none, reason)) stop_.requested = true;
    return reason;
}

std::string Budget::text() const {
    switch (reason_) {
    case StopReason::interrupt: return "interrupted";
    case StopReason::states:
        return "--max-states " + count_text(limits_.max_states) + " is reached";
    case StopReason::memory:
        return "--max-memory " + bytes_text(limits_.max_memory) + " is reached";
    case StopReason::time:
        return "--max-time " +
               duration_text(std::chrono::duration<double>(*limits_.max_time).count()) + " is over";
    case StopReason::solver:
        return "the solver gave up on a question about references from outside: see "
               "--solver-timeout";
    case StopReason::none: break;
    }
    return {};
}

}  // namespace cowcheck
