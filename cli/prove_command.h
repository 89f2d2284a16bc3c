// `cowcheck prove`: what a design's tests of counts say, for every count.
#pragma once

#include "cli/options.h"

namespace cowcheck {

// Returns the exit status. Throws BadInput.
[[nodiscard]] int prove_designs(const ProveCommandOptions& options);

}  // namespace cowcheck
