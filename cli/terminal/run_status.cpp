#include "cli/terminal/run_status.h"

#include "verify/run/numbers.h"

#include <utility>

#include <unistd.h>

namespace cowcheck {

RunStatus::RunStatus(std::function<void(const Fault&)> report_fault)
    : report_fault_(std::move(report_fault)), shows_(is_terminal(STDERR_FILENO)) {}

void RunStatus::exploring(const CheckRun& run) {
    if (shows_)
        line_.show(run.design().name() + " in " + run.world().name + ": " +
                   plural(static_cast<unsigned>(run.explorer()->depth() + 1), "operation") + ", " +
                   count_text(run.states()) + " states");
}

void RunStatus::fault(const Fault& fault) {
    const auto cleared = line_.pause();
    report_fault_(fault);
}

void RunStatus::clear() { const auto cleared = line_.pause(); }

}  // namespace cowcheck
