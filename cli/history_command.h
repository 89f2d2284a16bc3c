// `cowcheck history`.
#pragma once

#include "cli/options.h"

namespace cowcheck {

// Returns the exit status. Throws BadInput.
int history(const HistoryOptions& options);

}  // namespace cowcheck
