// How many states are to be expected, from how the levels have grown so far.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace cowcheck {

// What one run has explored.
struct GrowthSoFar {
    std::vector<std::uint64_t> level_states;  // new states of each complete level
    std::uint64_t begun = 0;                  // new states of the level under way
    bool exhausted = false;
};

struct Estimate {
    // States of all runs when the bound is reached: a range, as growth itself grows or
    // shrinks from level to level.
    double low = 0;
    double high = 0;
};

// Nothing before there is anything to extrapolate from.
[[nodiscard]] std::optional<Estimate> estimate_states(const std::vector<GrowthSoFar>& runs,
                                                      unsigned depth);

}  // namespace cowcheck
