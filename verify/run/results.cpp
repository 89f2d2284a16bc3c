#include "verify/run/results.h"

#include "verify/run/numbers.h"
#include "verify/run/status.h"

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

int CheckResults::exit_status() const {
    if (has_fault()) return ExitStatus::fault;
    if (!write_error.empty()) return ExitStatus::bad_input;
    if (violated()) return ExitStatus::violation;
    return stop == StopReason::none ? ExitStatus::no_violation : ExitStatus::stopped;
}

std::string bounds_text(const CheckResults& results) {
    return plural(results.depth, "operation") + ", " +
           (results.concurrency == 0 ? "any number" : std::to_string(results.concurrency)) +
           " in flight at once";
}

}  // namespace cowcheck
