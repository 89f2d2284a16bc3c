// What is worse and what is better: the verdicts of a base and of a change, in one world.
#pragma once

#include "verify/gate/report.h"
#include "verify/run/check_run.h"

#include <string>
#include <vector>

namespace cowcheck {

// What is known of one design in one world, with the operations of each shortest violation.
struct Conclusion {
    RunResult result;
    std::vector<std::optional<unsigned>> operations;  // by place in the result
};

[[nodiscard]] Conclusion conclusion_of(CheckRun& run);

struct Judged {
    const std::string& design;
    const Conclusion& conclusion;
};

[[nodiscard]] bool is_open(Verdict verdict);

// Property by property, without those that apply to neither. Worlds, waivers, stories and traces
// are for the caller to fill in.
[[nodiscard]] std::vector<Comparison> compare_verdicts(const Judged& base, const Judged& design);

}  // namespace cowcheck
