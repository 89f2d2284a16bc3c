// The shortest schedule of the same operations that ends in the same violation.
#pragma once

#include "model/machine/actions.h"

#include <cstdint>
#include <span>
#include <vector>

namespace cowcheck {

struct ShortenLimits {
    unsigned concurrency = 0;        // operations in flight at once; 0 is no bound
    std::size_t max_nodes = 400000;  // states looked at before giving up
};

// `schedule` is one that violates the property (its number; 31 for an assertion of
// the design) with its last action, or in the state after it. Searches all
// interleavings of its operations, breadth first, on a program whose steps are not
// joined: the result has the fewest steps, and among those the fewest changes from
// one thread to another. The schedule itself is returned if the limit is reached.
[[nodiscard]] std::vector<Action> shorten(const Program& program, std::span<const Action> schedule,
                                          unsigned property, const ShortenLimits& limits);

}  // namespace cowcheck
