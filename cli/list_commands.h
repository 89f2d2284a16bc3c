// cowcheck designs|worlds|properties [show NAME].
#pragma once

#include "cli/options.h"

namespace cowcheck {

// Returns the exit status. Throws BadInput.
[[nodiscard]] int list(const ListOptions& options);

}  // namespace cowcheck
