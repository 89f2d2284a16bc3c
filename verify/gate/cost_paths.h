// The paths whose costs a gate compares: how each is set up, and what is counted.
#pragma once

#include "verify/gate/report.h"
#include "model/library.h"

#include <vector>

namespace cowcheck {

// Runs both designs' handlers on the machine, alone, from the states that the table sets
// up by running operations. Throws BadInput if a design can't be compiled for them.
[[nodiscard]] std::vector<PathComparison>
compare_costs(const Library& library, const DesignText& base, const DesignText& design);

}  // namespace cowcheck
