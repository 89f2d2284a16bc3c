#include "cli/formats/selftest.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace cowcheck {

namespace {

using What = SelftestResult::What;
using Json = nlohmann::ordered_json;

std::string reason(const SelftestResult& result) {
    if (!result.fault.empty()) return "a fault of cowcheck: " + result.fault;
    switch (result.what) {
    case What::never: return "'" + result.failed_at + "' does not hold in any outcome";
    case What::fails: return "fails at '" + result.failed_at + "'";
    case What::asserts: return "an assertion of the design fails at '" + result.failed_at + "'";
    case What::stuck: return "can't go on after '" + result.failed_at + "'";
    case What::limit: return "too many states to tell";
    case What::passes: break;
    }
    return {};
}

std::string ktap_lines(const SelftestResult& result, std::size_t number,
                       const std::string& indent) {
    const std::string n = std::to_string(number);
    const ProgramText& test = *result.test;
    const std::string title = test.title.empty() ? test.name : test.title;
    const std::string& says = test.result.empty() ? title : test.result;
    std::string text = indent + "# [RUN] " + title;
    if (!result.memory.empty()) text += " ... with " + result.memory;
    text += "\n";
    if (!result.skipped.empty()) {
        std::string why = result.skipped;
        std::replace(why.begin(), why.end(), '#', ' ');
        return text + indent + "ok " + n + " " + says + " # SKIP " + why + "\n";
    }
    if (result.what == What::never)
        text += indent + "# " + reason(result) + "\n";
    else if (result.what != What::passes)
        text += indent + "# " + reason(result) + ", " + std::to_string(result.steps) +
                " steps: " + result.schedule + "\n";
    if (!result.fault.empty()) return text + indent + "not ok " + n + " " + says + " # ERROR\n";
    if (result.known_leak()) return text + indent + "ok " + n + " # XFAIL " + test.leak + "\n";
    return text + indent + (result.ok() ? "ok " : "not ok ") + n + " " + says + "\n";
}

// One design's tests, indented if it is one of several.
std::string ktap(const SelftestReport& report, const std::string& indent) {
    const std::vector<SelftestResult>& results = report.results;
    std::string text = indent + "KTAP version 1\n";
    text += indent + (indent.empty() ? "# " : "# Subtest: ") + report.design + "\n";
    text += indent + "1.." + std::to_string(results.size()) + "\n";
    std::size_t passed = 0;
    std::size_t expected = 0;
    std::size_t errors = 0;
    std::size_t skipped = 0;
    for (std::size_t i = 0; i < results.size(); ++i) {
        text += ktap_lines(results[i], i + 1, indent);
        expected += results[i].known_leak() ? 1U : 0U;
        errors += results[i].fault.empty() ? 0U : 1U;
        skipped += results[i].skipped.empty() ? 0U : 1U;
        passed += results[i].decided() && results[i].what == What::passes ? 1U : 0U;
    }
    return text + indent + "# Totals: pass:" + std::to_string(passed) +
           " fail:" + std::to_string(results.size() - passed - expected - errors - skipped) +
           " xfail:" + std::to_string(expected) + " xpass:0 skip:" + std::to_string(skipped) +
           " error:" + std::to_string(errors) + "\n";
}

Json json(const std::vector<SelftestResult>& results) {
    Json tests = Json::array();
    for (const SelftestResult& result : results) {
        Json test{{"case", result.test->name},         {"title", result.test->title},
                  {"memory", result.memory},           {"ok", result.ok()},
                  {"known_leak", result.known_leak()}, {"states", result.states}};
        if (!result.decided()) test["ok"] = nullptr;
        if (!result.skipped.empty()) test["skipped"] = result.skipped;
        if (result.what != What::passes) {
            test["reason"] = reason(result);
            test["steps"] = result.steps;
            test["schedule"] = result.schedule;
        }
        tests.push_back(std::move(test));
    }
    return tests;
}

}  // namespace

std::string selftest_ktap(const std::vector<SelftestReport>& reports) {
    if (reports.size() == 1) return ktap(reports.front(), "");
    std::string text = "KTAP version 1\n1.." + std::to_string(reports.size()) + "\n";
    for (std::size_t i = 0; i < reports.size(); ++i)
        text += ktap(reports[i], "    ") + (reports[i].ok() ? "ok " : "not ok ") +
                std::to_string(i + 1) + " " + reports[i].design + "\n";
    return text;
}

std::string selftest_json(const std::vector<SelftestReport>& reports) {
    Json designs = Json::array();
    for (const SelftestReport& report : reports)
        designs.push_back(
            {{"design", report.design}, {"ok", report.ok()}, {"tests", json(report.results)}});
    return Json{{"version", 1}, {"designs", designs}}.dump(2) + "\n";
}

}  // namespace cowcheck
