// Results of the kernel's own tests, as the kernel prints them and as JSON.
#pragma once

#include "verify/selftest/selftest.h"

#include <string>
#include <vector>

namespace cowcheck {

// One design's alone, or those of several as subtests.
[[nodiscard]] std::string selftest_ktap(const std::vector<SelftestReport>& reports);
[[nodiscard]] std::string selftest_json(const std::vector<SelftestReport>& reports);

}  // namespace cowcheck
