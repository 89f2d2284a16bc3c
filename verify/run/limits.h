// When a check has to stop: what the machine has, Ctrl-C.
#pragma once

#include "checker/explore/explorer.h"

#include <cstdint>

namespace cowcheck {

// What this process may use: 90 % of the machine's memory, or of its control group's.
[[nodiscard]] std::uint64_t default_memory_limit();
// What it uses now.
[[nodiscard]] std::uint64_t resident_bytes();

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
