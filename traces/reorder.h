// Which orders of steps a violation depends on.
#pragma once

#include "model/machine/actions.h"

#include <cstdint>
#include <span>
#include <vector>

namespace cowcheck {

// Two steps of a schedule, by number from 1 on, of different threads. With `later`
// put before `earlier`, and all else in the same order as far as that is possible,
// the same operations come to their end without violating the property.
struct DecidingPair {
    unsigned earlier = 0;
    unsigned later = 0;
    unsigned moves = 0;     // steps that have to change places for it: how near it is
    bool whatever = false;  // no order of what remains violates the property either
    std::vector<Action> schedule;
    unsigned done = 0;  // steps of it until both of the pair have been taken
};

struct ReorderLimits {
    std::size_t max_states = 200000;  // looked at for `whatever` before giving up (false)
};

// Of a schedule whose last step violates the property (its number; 31: an assertion),
// on a program whose steps are not joined. Nearest first; for each step the last one
// that has to come before it.
[[nodiscard]] std::vector<DecidingPair>
deciding_pairs(const Program& program, std::span<const Action> schedule, unsigned property);

// Fills `whatever`. `concurrency` bounds the operations in flight; 0 is no bound.
void settle_whatever(const Program& program, std::span<const Action> schedule, unsigned property,
                     unsigned concurrency, const ReorderLimits& limits, DecidingPair& pair);

}  // namespace cowcheck
