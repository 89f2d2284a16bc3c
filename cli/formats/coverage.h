// What of the designs' texts was run, for people and for genhtml.
#pragma once

#include "verify/coverage/report.h"

#include <string>

namespace cowcheck {

[[nodiscard]] std::string coverage_text(const CoverageReport& report);
[[nodiscard]] std::string coverage_json(const CoverageReport& report);
[[nodiscard]] std::string coverage_lcov(const CoverageReport& report);

}  // namespace cowcheck
