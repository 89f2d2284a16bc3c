#include "verify/gate/report.h"

#include "verify/run/status.h"

#include <algorithm>

namespace cowcheck {

bool GateReport::got_worse() const {
    return std::any_of(comparisons.begin(), comparisons.end(),
                       [](const Comparison& one) {
                           return one.change == Change::worse && one.waiver.empty();
                       }) ||
           std::any_of(paths.begin(), paths.end(),
                       [](const PathComparison& path) { return path.worse(); });
}

bool GateReport::unexpected() const {
    return std::any_of(expectations.begin(), expectations.end(), [](const auto& expectation) {
        return expectation.differs() && expectation.waiver.empty();
    });
}

bool GateReport::undecided() const {
    return std::any_of(comparisons.begin(), comparisons.end(), [](const Comparison& one) {
        return one.change == Change::undecided && one.waiver.empty();
    });
}

bool GateReport::has_fault() const {
    return std::any_of(comparisons.begin(), comparisons.end(),
                       [](const Comparison& one) { return !one.fault.empty(); });
}

int GateReport::exit_status() const {
    if (has_fault()) return ExitStatus::fault;
    if (got_worse() || unexpected()) return ExitStatus::violation;
    return undecided() ? ExitStatus::stopped : ExitStatus::no_violation;
}

std::string GateReport::meaning_of(const std::string& property) const {
    for (const PropertyMeaning& one : meanings)
        if (one.property == property) return one.meaning;
    return {};
}

const GateWorld& GateReport::world(const std::string& name) const {
    return *std::find_if(worlds.begin(), worlds.end(),
                         [&](const GateWorld& world) { return world.world == name; });
}

}  // namespace cowcheck
