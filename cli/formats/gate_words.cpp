// What all formats of a gate say in the same words.
#include "cli/formats/gate.h"

#include "verify/run/numbers.h"

#include <algorithm>

namespace cowcheck {

std::string summary_line(const GateReport& report) {
    const auto count = [&](Change change, bool waived) {
        return std::count_if(report.comparisons.begin(), report.comparisons.end(),
                             [&](const Comparison& one) {
                                 return one.change == change && (waived || one.waiver.empty());
                             });
    };
    const auto worse = count(Change::worse, false);
    const auto waived = count(Change::worse, true) - worse;
    std::string text = std::to_string(worse) + " worse, " +
                       std::to_string(count(Change::better, true)) + " better, " +
                       std::to_string(count(Change::same, true)) + " the same, " +
                       std::to_string(count(Change::undecided, true)) + " undecided";
    const auto faults = std::count_if(report.comparisons.begin(), report.comparisons.end(),
                                      [](const Comparison& one) { return !one.fault.empty(); });
    if (faults > 0) text += ", " + std::to_string(faults) + " of them by a fault of cowcheck";
    if (waived > 0) text += ", " + std::to_string(waived) + " worse and waived";
    const auto paths = std::count_if(report.paths.begin(), report.paths.end(),
                                     [](const PathComparison& path) { return path.worse(); });
    if (paths > 0)
        text += "; " + plural(static_cast<std::uint64_t>(paths), "path") +
                (paths == 1 ? " does" : " do") + " not end any more";
    const auto differ =
        std::count_if(report.expectations.begin(), report.expectations.end(),
                      [](const auto& one) { return one.differs() && one.waiver.empty(); });
    if (differ > 0)
        text += "; " + plural(static_cast<std::uint64_t>(differ), "line") + " of 'expect' " +
                (differ == 1 ? "does" : "do") + " not fit";
    return text;
}

std::string sentence(const GateReport& report, const Comparison& comparison) {
    std::string text = comparison.property + " ";
    if (comparison.before == Verdict::not_applicable)
        text += "does not apply to " + report.base;
    else
        text +=
            std::string(comparison.before == Verdict::violated ? "is violated in " : "holds in ") +
            report.base;
    text += comparison.after == Verdict::violated ? " and is violated in " : " and holds in ";
    text += report.design + " (world " + comparison.world + ")";
    if (comparison.operations && comparison.after == Verdict::violated)
        text += ", by " + plural(*comparison.operations, "operation") +
                (comparison.story.empty() ? "" : ": " + comparison.story);
    return text;
}

std::string sentence(const GateReport& report, const ExpectationResult& expectation) {
    if (expectation.expects_violated)
        return report.design + " expects " + expectation.property + " to be violated" +
               (expectation.where.empty() ? ", and it holds in every world within the bounds"
                                          : " in " + expectation.where + ", and it holds in " +
                                                expectation.world + " within the bounds");
    return report.design + " expects " + expectation.property + " to hold, and world " +
           expectation.world + " violates it" +
           (expectation.story.empty() ? "" : ": " + expectation.story);
}

std::string sentence(const GateReport& report, const PathComparison& path) {
    const std::string ends = "'" + path.path + "' comes to its end in " + report.base;
    if (path.after && path.after->waits)
        return ends + ", and waits in " + report.design + " though nobody else runs";
    if (path.after && path.after->endless)
        return ends + ", and goes round for ever in " + report.design;
    return ends + ", and what comes before it in " + report.design + " does not lead there";
}

const std::vector<CostColumn>& cost_columns() {
    static const std::vector<CostColumn> columns{
        {"steps", &PathCost::steps},   {"locks", &PathCost::locks},
        {"counts", &PathCost::counts}, {"flushes", &PathCost::flushes},
        {"copies", &PathCost::copies}, {"needless", &PathCost::needless},
        {"zeroed", &PathCost::zeroed},
    };
    return columns;
}

std::string cost_cell(const PathComparison& path, const CostColumn& column) {
    const auto number = [&](const std::optional<PathCost>& cost) {
        return cost && !cost->endless ? std::to_string((*cost).*(column.field)) : std::string("-");
    };
    const std::string before = number(path.before);
    const std::string after = number(path.after);
    return before == after ? after : before + " -> " + after;
}

}  // namespace cowcheck
