// How an exploration is to go on, when it stops early, and how far it has come: values.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace cowcheck {

class SpareThreads;

// What several explorations take, as of the last look of each at its limits.
struct Usage {
    std::atomic<std::uint64_t> states{0};  // of those that are over, too
    std::atomic<std::size_t> bytes{0};     // of those that live
};

struct ExploreOptions {
    unsigned concurrency = 2;  // operations in flight at once; 0 is no bound
    unsigned threads = 1;      // at most; results are the same for any number
    bool symmetry = true;      // store one state for all that differ in names only
    // Of one question to the solver, in worlds with references from outside; 0: no answers.
    std::chrono::milliseconds solver_timeout{10000};
    // Where it is counted in, if the limits are for several; must outlive the explorer.
    Usage* usage = nullptr;
    // Where all threads but one come from; nullptr: it has as many as it may have. Must outlive
    // the explorer.
    SpareThreads* spare = nullptr;
    // Properties, as bits by number. Once each of them is violated or, if it must be reached,
    // reached, the exploration ends: what comes later in its level could only be longer.
    // None: it does not.
    std::uint32_t until_decided = 0;
    // Into how many parts the states are divided; 0: as suits the threads. A snapshot can be
    // loaded into as many as it was made of.
    unsigned partitions = 0;
};

// When to stop before the bound is reached. Looked at a few times a second, by any number
// of explorations at once.
struct Stop {
    std::atomic<bool> requested{false};  // an interrupt
    // Of all explorations that have the same Usage, or of one without.
    std::atomic<std::uint64_t> max_states = UINT64_MAX;
    std::atomic<std::size_t> max_bytes = SIZE_MAX;
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

enum class StopReason : std::uint8_t { none, interrupt, states, memory, time, solver };

// How far an exploration has come; a value for whoever reports it.
struct Progress {
    unsigned depth = 0;  // the level that is being explored
    std::uint64_t states = 0;
    std::uint64_t transitions = 0;
    std::size_t bytes = 0;
    std::uint64_t expanded = 0;  // states of this level's rounds that are done
    std::uint64_t frontier = 0;  // states of the previous level, which start operations
    std::uint64_t frontier_done = 0;
};

}  // namespace cowcheck
