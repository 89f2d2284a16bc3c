// The paths whose costs a gate compares: how each is set up, and what is counted.
#pragma once

#include "verify/gate/report.h"
#include "model/library.h"

#include <vector>

namespace cowcheck {

// What each path costs in one design, in the order of the table.
struct DesignCosts {
    struct Path {
        std::string path;
        std::optional<PathCost> cost;  // nothing: nobody comes there
        bool absent = false;           // since the design has not got an operation of it
    };
    std::vector<Path> paths;
};

// Runs the design's handlers on the machine, alone, from the states that the table sets up by
// running operations. Throws BadInput if the design can't be compiled for them.
[[nodiscard]] DesignCosts costs_of(const Library& library, const DesignText& design);

[[nodiscard]] std::vector<PathComparison> compare_costs(const DesignCosts& base,
                                                        const DesignCosts& design);

}  // namespace cowcheck
