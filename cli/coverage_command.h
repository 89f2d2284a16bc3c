// cowcheck coverage: what of a design's text the worlds ever run.
#pragma once

#include "cli/options.h"

namespace cowcheck {

// Returns the exit status. Throws BadInput.
[[nodiscard]] int coverage(CoverageOptions options);

}  // namespace cowcheck
