// What a gate has found, for people and for the tools of CI services.
#pragma once

#include "verify/gate/report.h"

#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

// "got worse: 3; ..." in one line, for every format.
[[nodiscard]] std::string summary_line(const GateReport& report);

struct GateTextStyle {
    std::size_t width = 0;  // columns; 0: lines are as long as they are
    bool lists = false;     // what stays and what is better, world by world
};

[[nodiscard]] std::string gate_text(const GateReport& report, const GateTextStyle& style = {});
[[nodiscard]] std::string gate_markdown(const GateReport& report);
[[nodiscard]] std::string gate_html(const GateReport& report);
[[nodiscard]] std::string gate_json(const GateReport& report);
[[nodiscard]] std::string gate_junit(const GateReport& report);
[[nodiscard]] std::string gate_ktap(const GateReport& report);
[[nodiscard]] std::string gate_sarif(const GateReport& report);

// Where the page that plays a trace stands: beside it.
[[nodiscard]] std::string player_path(const std::string& trace);

// "mapped elsewhere: held with v5.8 ..." : one finding in words, without its world.
[[nodiscard]] std::string sentence(const GateReport& report, const Comparison& comparison);
[[nodiscard]] std::string sentence(const GateReport& report, const ExpectationResult& expectation);
[[nodiscard]] std::string sentence(const GateReport& report, const PathComparison& path);
// The columns of the table of paths: a heading, and the number before and after.
struct CostColumn {
    std::string_view heading;
    unsigned PathCost::*field;
};
[[nodiscard]] const std::vector<CostColumn>& cost_columns();
// "12", "12 -> 10", "- -> 10"
[[nodiscard]] std::string cost_cell(const PathComparison& path, const CostColumn& column);

}  // namespace cowcheck
