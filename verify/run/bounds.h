// How far something is explored, with what means, and when to stop early: values.
#pragma once

#include "model/state/ways.h"

#include <chrono>
#include <cstdint>
#include <optional>

namespace cowcheck {

// What every verdict is relative to.
struct Bounds {
    unsigned depth = 5;        // operations that are started
    unsigned concurrency = 2;  // operations in flight at once; 0: any number
};

// Which reductions are used where they are sound for what is asked (CheckRun), and how long a
// question about references from outside may take.
struct Policy {
    bool joining = true;        // steps that nobody can see between are one transition
    bool merging = true;        // with joining: rests that no schedule can tell apart are one
    bool trusts_counts = true;  // with joining: see CheckRun
    bool symmetry = true;       // states that differ in names only are one
    bool leaves_out_decided = true;  // ghosts that only violated properties read are not kept
    std::chrono::milliseconds solver_timeout{10000};  // of one question; 0: no answers
    WaysUsed without;  // for tests: what is explored does not know these ways to a page
};

struct RunOptions {
    Bounds bounds;
    Policy policy;
};

// When to stop early, for everything that one command explores together.
struct StopLimits {
    std::uint64_t max_states = UINT64_MAX;
    std::uint64_t max_memory = UINT64_MAX;  // bytes, of the whole process
    std::optional<std::chrono::milliseconds> max_time;
};

}  // namespace cowcheck
