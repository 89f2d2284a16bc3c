#include "cli/results.h"

#include "cli/numbers.h"

#include <algorithm>

namespace cowcheck {

namespace {

bool any(const std::vector<RunResult>& runs, Verdict verdict) {
    return std::any_of(runs.begin(), runs.end(), [&](const RunResult& run) {
        return std::any_of(run.properties.begin(), run.properties.end(),
                           [&](const auto& result) { return result.verdict == verdict; });
    });
}

}  // namespace

bool CheckResults::violated() const { return any(runs, Verdict::violated); }

bool CheckResults::has_fault() const { return any(runs, Verdict::fault); }

std::string bounds_text(const CheckResults& results) {
    return plural(results.depth, "operation") + ", " +
           (results.concurrency == 0 ? "any number" : std::to_string(results.concurrency)) +
           " in flight at once";
}

}  // namespace cowcheck
