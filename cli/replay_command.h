// cowcheck replay TRACE: does it happen again, on the design as it is now?
#pragma once

#include "cli/options.h"

namespace cowcheck {

// Returns the exit status. Throws BadInput.
[[nodiscard]] int replay(const ReplayOptions& asked);

}  // namespace cowcheck
