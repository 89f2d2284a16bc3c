// Whether a schedule does what is said of it, on a machine that knows no shortcuts.
#pragma once

#include "model/machine/actions.h"

#include <span>
#include <string>

namespace cowcheck {

// What an exploration has found: a property that a schedule violates or, if it must be reached,
// reaches.
struct Claim {
    unsigned property = 0;     // by number; 31: an assertion of the design
    unsigned operations = 0;   // that the schedule starts
    unsigned concurrency = 0;  // in flight at once, at most; 0 is no bound
};

// Takes the steps one by one, up to the first that violates the property: where steps were joined,
// that may be in the midst of the last of them. Returns in what the schedule is not as claimed, as
// a sentence without its end: "step 5 of 31 is not possible"; nothing if all of it is true: every
// step is possible, one violates the property, and so many operations have started by then.
[[nodiscard]] std::string why_not_so(const Program& program, std::span<const Action> schedule,
                                     const Claim& claim);

}  // namespace cowcheck
