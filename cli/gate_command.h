// cowcheck gate: a design against the one that it changes.
#pragma once

#include "cli/options.h"

namespace cowcheck {

// Operations that are started in a world unless --depth says otherwise: chosen so that
// v5.9 against v5.8 over all worlds takes well below a minute on two cores.
[[nodiscard]] unsigned gate_depth(const std::string& world);

// Likewise for coverage, which needs less to see every step.
[[nodiscard]] unsigned coverage_depth(const std::string& world);

// Returns the exit status. Throws BadInput.
[[nodiscard]] int gate(GateOptions options);

}  // namespace cowcheck
