// The three forms of a coverage report.
#include "cli/formats/coverage.h"
#include "cli/formats/left_out_json.h"
#include "traces/names.h"
#include "verify/run/numbers.h"

#include "cowcheck_version.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace cowcheck {

namespace {

using Json = nlohmann::ordered_json;

std::string what_is_missing(const StatementCoverage& statement) {
    if (statement.times == 0) return "never taken";
    return statement.when_true == 0 ? "never true" : "never false";
}

std::string place(const CoverageReport& report, const StatementCoverage& statement) {
    const auto path = report.paths.find(statement.span.file->name);
    return (path == report.paths.end() ? statement.span.file->name : path->second) + ":" +
           std::to_string(statement.span.line);
}

std::string line_of(const CoverageReport& report, const StatementCoverage& statement) {
    return place(report, statement) + ": " + what_is_missing(statement) + ": " +
           statement.told.text;
}

struct Totals {
    unsigned steps = 0;
    unsigned taken = 0;
    unsigned explained = 0;
    unsigned guards = 0;
    unsigned both_ways = 0;
};

Totals totals_of(const CoverageReport& report, const std::vector<std::string>& files) {
    Totals totals;
    for (const auto& [key, statement] : report.text) {
        if (!contains(files, std::get<0>(key))) continue;
        ++totals.steps;
        totals.taken += statement.times > 0;
        totals.explained += !statement.explained.empty();
        totals.guards += statement.guard;
        totals.both_ways += statement.guard && statement.when_true > 0 && statement.when_false > 0;
    }
    return totals;
}

std::string share(unsigned part, unsigned all) {
    return std::to_string(part) + " of " + std::to_string(all);
}

void add_design(const CoverageReport& report, const DesignCoverage& design, std::string& text) {
    std::string lines;
    for (const auto& [key, statement] : design.inherited)
        lines += "    " + line_of(report, statement) + "\n";
    if (!lines.empty()) text += "  inherited, and not run in this design:\n" + lines;
    std::set<std::string> whole;
    for (const SilentClause& clause : design.silent)
        if (clause.whole_property && whole.insert(clause.property).second)
            text += "  passes vacuously: " + clause.property +
                    ": nothing ever happens that it speaks about\n";
    for (const SilentClause& clause : design.silent)
        if (!clause.whole_property)
            text += "  a clause says nothing: " + clause.property + " (" +
                    to_text(place_of(clause.span)) + ")\n";
}

}  // namespace

std::string coverage_text(const CoverageReport& report) {
    std::string text = "cowcheck " + std::string(version) + ": coverage; " + report.bounds + "\n";
    for (const DesignCoverage& design : report.designs) {
        const std::vector<std::string>& files = report.files.at(design.design);
        const Totals totals = totals_of(report, files);
        text += "\n" + design.design + ": " + share(totals.taken, totals.steps) + " steps taken, " +
                share(totals.both_ways, totals.guards) + " guards both ways";
        if (totals.explained > 0) text += ", " + std::to_string(totals.explained) + " explained";
        text += "\n";
        for (const StatementCoverage* statement : report.missing())
            if (contains(files, statement->span.file->name))
                text += "  " + line_of(report, *statement) + "\n";
        for (const auto& [key, statement] : report.text)
            if (contains(files, std::get<0>(key)) && !statement.explained.empty())
                text += "  explained: " + line_of(report, statement) + ": " + statement.explained +
                        "\n";
        for (const StaleExplanation& stale : report.stale)
            if (contains(files, stale.file))
                text += "  " + report.paths.at(stale.file) + ":" + std::to_string(stale.line) +
                        ": '# unreachable:', but it is reached\n";
        add_design(report, design, text);
    }
    if (!report.left_out.empty()) text += "\n";
    for (const std::string& line : left_out_lines(report.left_out)) text += line + "\n";
    if (!report.stop_text.empty()) text += "\nstopped: " + report.stop_text + "\n";
    const auto missing = report.missing().size();
    return text + "\n" + (missing == 0 ? "nothing" : std::to_string(missing)) +
           " not covered and not explained; " + duration_text(report.seconds) + "\n";
}

std::string coverage_json(const CoverageReport& report) {
    Json json;
    json["cowcheck"] = version;
    json["bounds"] = report.bounds;
    json["status"] = report.exit_status();
    json["stopped"] = report.stop_text.empty() ? Json(nullptr) : Json(report.stop_text);
    json["seconds"] = std::round(report.seconds * 1000) / 1000;
    json["statements"] = Json::array();
    for (const auto& [key, statement] : report.text) {
        Json one;
        one["file"] = report.paths.at(statement.span.file->name);
        one["line"] = statement.span.line;
        one["column"] = statement.span.column;
        one["handler"] = statement.handler;
        one["statement"] = statement.told.text;
        one["own"] = report.is_own(statement);
        one["times"] = statement.times;
        one["guard"] = statement.guard
                           ? Json{{"true", statement.when_true}, {"false", statement.when_false}}
                           : Json(nullptr);
        one["explained"] = statement.explained.empty() ? Json(nullptr) : Json(statement.explained);
        json["statements"].push_back(std::move(one));
    }
    json["designs"] = Json::array();
    for (const DesignCoverage& design : report.designs) {
        Json one;
        one["design"] = design.design;
        one["inherited_and_not_run"] = Json::array();
        for (const auto& [key, statement] : design.inherited)
            one["inherited_and_not_run"].push_back(
                {{"file", report.paths.at(statement.span.file->name)},
                 {"line", statement.span.line},
                 {"what", what_is_missing(statement)}});
        one["silent_clauses"] = Json::array();
        for (const SilentClause& clause : design.silent)
            one["silent_clauses"].push_back({{"property", clause.property},
                                             {"place", to_text(place_of(clause.span))},
                                             {"vacuous", clause.whole_property}});
        json["designs"].push_back(std::move(one));
    }
    json["left_out"] = to_json(report.left_out);
    json["stale_explanations"] = Json::array();
    for (const StaleExplanation& stale : report.stale)
        json["stale_explanations"].push_back(
            {{"file", report.paths.at(stale.file)}, {"line", stale.line}});
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

namespace {

// One record for each file: functions, branches, lines; what is explained is left out.
std::string record(const CoverageReport& report, const std::string& file) {
    struct Function {
        std::uint32_t line = 0;
        std::uint64_t times = 0;
    };
    std::map<std::string, Function> functions;
    std::map<std::uint32_t, std::uint64_t> lines;
    std::string branches;
    unsigned found = 0;
    unsigned hit = 0;
    for (const auto& [key, statement] : report.text) {
        if (std::get<0>(key) != file || !statement.explained.empty()) continue;
        const std::uint32_t line = statement.span.line;
        Function& function = functions[statement.handler];
        if (function.line == 0) function = {line, statement.times};
        auto& times = lines[line];
        times = std::max(times, statement.times);
        if (!statement.guard) continue;
        for (const auto& [number, taken] :
             {std::pair{0, statement.when_true}, {1, statement.when_false}}) {
            branches += "BRDA:" + std::to_string(line) + "," +
                        std::to_string(statement.span.column) + "," + std::to_string(number) + "," +
                        (statement.times == 0 ? "-" : std::to_string(taken)) + "\n";
            ++found;
            hit += taken > 0;
        }
    }
    std::string text = "TN:\nSF:" + report.paths.at(file) + "\n";
    std::string called;
    unsigned functions_hit = 0;
    for (const auto& [name, function] : functions) {
        text += "FN:" + std::to_string(function.line) + "," + name + "\n";
        called += "FNDA:" + std::to_string(function.times) + "," + name + "\n";
        functions_hit += function.times > 0;
    }
    text += called + "FNF:" + std::to_string(functions.size()) +
            "\nFNH:" + std::to_string(functions_hit) + "\n" + branches +
            "BRF:" + std::to_string(found) + "\nBRH:" + std::to_string(hit) + "\n";
    unsigned lines_hit = 0;
    for (const auto& [line, times] : lines) {
        text += "DA:" + std::to_string(line) + "," + std::to_string(times) + "\n";
        lines_hit += times > 0;
    }
    return text + "LF:" + std::to_string(lines.size()) + "\nLH:" + std::to_string(lines_hit) +
           "\nend_of_record\n";
}

}  // namespace

std::string coverage_lcov(const CoverageReport& report) {
    std::string text;
    for (const auto& [file, path] : report.paths) text += record(report, file);
    return text;
}

}  // namespace cowcheck
