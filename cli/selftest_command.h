// cowcheck selftest: the kernel's own COW tests, run on designs.
#pragma once

#include "cli/options.h"

namespace cowcheck {

// Returns the exit status: 1 if any test is not ok.
[[nodiscard]] int selftest(const SelftestOptions& options);

}  // namespace cowcheck
