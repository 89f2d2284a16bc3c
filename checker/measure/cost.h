// What one operation costs when nobody else runs: counted on the machine.
#pragma once

#include "model/machine/program.h"

#include <optional>
#include <string>
#include <vector>

namespace cowcheck {

// An operation as a menu writes it, "gup_fast(read, get)", or "unpin" for any flags, and
// who starts it: a thread of the world, or "device".
struct Doing {
    std::string thread;
    std::string operation;
};

struct PathCost {
    unsigned steps = 0;     // atomic steps
    unsigned locks = 0;     // mmap_lock, ptl, page lock (also by trylock) taken
    unsigned counts = 0;    // atomic changes of refcount, mapcount, tlb_flush_pending
    unsigned flushes = 0;   // TLB flushes
    unsigned copies = 0;    // pages copied
    unsigned needless = 0;  // of these, for nobody's sake (no_needless_copy)
    unsigned zeroed = 0;    // pages zeroed
    bool waits = false;     // it has to wait for somebody: counted up to there
    bool endless = false;   // it, or what was to come before, never gets to its end

    [[nodiscard]] bool ends() const { return !waits && !endless; }

    friend bool operator==(const PathCost&, const PathCost&) = default;
};

// Runs the operations of `setup` one after the other, each to its end, then `measured`,
// and counts that one. Nothing if one of them can't start, or waits in `setup`.
// `program` has every step on its own.
[[nodiscard]] std::optional<PathCost>
measure_cost(const Program& program, const std::vector<Doing>& setup, const Doing& measured);

}  // namespace cowcheck
