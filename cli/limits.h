// When a check has to stop: what the user allows, what the machine has, Ctrl-C.
#pragma once

#include "checker/explorer.h"
#include "cli/options.h"

#include <cstdint>
#include <string>

namespace cowcheck {

// What this process may use: 90 % of the machine's memory, or of its control group's.
[[nodiscard]] std::uint64_t default_memory_limit();
// What it uses now.
[[nodiscard]] std::uint64_t resident_bytes();

// Gives `stop` what is left of the states and the memory when `others` states are stored
// besides the run at hand, which takes `own_bytes` so far.
void set_limits(Stop& stop, const StopLimits& limits, std::uint64_t others,
                std::uint64_t own_bytes);

// "--max-time 1 min 30 s is over"; empty if nothing stopped it.
[[nodiscard]] std::string stop_text(StopReason reason, const StopLimits& limits);

// While one of these lives, Ctrl-C and SIGTERM ask the check to stop; the second one
// ends the process.
class InterruptGuard {
public:
    explicit InterruptGuard(Stop& stop);
    ~InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;
};

}  // namespace cowcheck
