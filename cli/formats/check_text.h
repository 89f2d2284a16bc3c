// What a check has found, in words.
#pragma once

#include "verify/run/results.h"

#include <string>

namespace cowcheck {

// "cowcheck 0.1.0: 7 designs in world default; every schedule of at most ...": what is asked.
[[nodiscard]] std::string check_header(const CheckResults& results);
// What is told at once; empty if that is nothing: a property is violated, ...
[[nodiscard]] std::string verdict_line(const CheckResults& results, const RunResult& run,
                                       const PropertyResult& result);
// ... a run is complete.
[[nodiscard]] std::string level_line(const CheckResults& results, const RunResult& run);
// All that is known in the end, below the matrix.
[[nodiscard]] std::string check_summary(const CheckResults& results);

}  // namespace cowcheck
