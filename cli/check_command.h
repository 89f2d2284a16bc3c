// cowcheck [check]: all designs are deepened together, level by level.
#pragma once

#include "cli/options.h"

namespace cowcheck {

// Returns the exit status. Throws BadInput before anything has been explored, or if
// what was found can't be written.
[[nodiscard]] int check(CheckOptions options);

}  // namespace cowcheck
