// cowcheck gate: a design against the one that it changes.
#pragma once

#include "cli/options.h"

namespace cowcheck {

// Returns the exit status. Throws BadInput.
[[nodiscard]] int gate(GateOptions options);

}  // namespace cowcheck
