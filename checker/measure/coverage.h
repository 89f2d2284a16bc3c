// What an exploration has run of a design's text, and which clauses of the properties
// had anything to say.
//
// Joining steps leaves out interleavings, not instructions: a step that is put off or
// done at once still runs, with the outcome that it has in the order that was left out
// (docs/internals-reduction.md). So this may be counted on an exploration with steps
// joined. Not on one with rests merged: there one text runs for another.
#pragma once

#include "checker/explore/explorer.h"

#include <cstdint>
#include <vector>

namespace cowcheck {

// Parallel to Program::statements, guards and clauses.
struct ProgramCoverage {
    struct Ways {
        std::uint64_t when_true = 0;
        std::uint64_t when_false = 0;
    };
    std::vector<std::uint64_t> statements;  // how often each ran, over all transitions
    std::vector<Ways> guards;
    std::vector<std::uint64_t> clauses;  // how often each asked for something
};

// Runs every transition of the exploration once more and watches.
[[nodiscard]] ProgramCoverage measure_coverage(const Explorer& explorer);

}  // namespace cowcheck
