// cowcheck explain TRACE
#pragma once

#include "cli/options.h"

namespace cowcheck {

[[nodiscard]] int explain(const ExplainOptions& options);

}  // namespace cowcheck
