// --format json (docs/gate.schema.json) and sarif.
#include "cli/formats/gate.h"
#include "cli/formats/left_out_json.h"

#include "cowcheck_version.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace cowcheck {

namespace {

using Json = nlohmann::ordered_json;

template <class Value>
Json or_null(const std::optional<Value>& value) {
    return value ? Json(*value) : Json(nullptr);
}
Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

std::string dumped(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json to_json(const DesignPlace& place) {
    if (place.file.empty()) return nullptr;
    return {{"file", place.file}, {"line", place.line}, {"column", place.column}};
}

Json to_json(const Comparison& one) {
    Json json;
    json["world"] = one.world;
    json["property"] = one.property;
    json["kind"] = one.cost ? "cost" : "safety";
    json["change"] = name_of(one.change);
    json["before"] = name_of(one.before);
    json["after"] = name_of(one.after);
    json["operations_before"] = or_null(one.operations_before);
    json["operations_after"] = or_null(one.operations);
    json["steps_after"] = or_null(one.steps);
    json["story"] = or_null(one.story);
    json["trace"] = or_null(one.trace);
    json["place"] = to_json(one.place);
    json["decides"] = or_null(one.decides);
    json["other_place"] = to_json(one.other);
    json["waiver"] = or_null(one.waiver);
    json["fault"] = or_null(one.fault);
    return json;
}

Json to_json(const std::optional<PathCost>& cost) {
    if (!cost) return nullptr;
    Json json;
    for (const CostColumn& column : cost_columns())
        json[std::string(column.heading)] = (*cost).*(column.field);
    json["waits"] = cost->waits;
    json["endless"] = cost->endless;
    return json;
}

Json to_json(const ExpectationResult& one) {
    Json json;
    json["property"] = one.property;
    json["expects"] = one.expects_violated ? "violated" : "holds";
    json["in"] = or_null(one.where);
    json["found"] = one.violated ? Json(*one.violated ? "violated" : "holds") : Json(nullptr);
    json["differs"] = one.differs();
    json["world"] = or_null(one.world);
    json["place"] = to_json(one.place);
    json["waiver"] = or_null(one.waiver);
    return json;
}

// --------------------------------------------------------------- sarif

constexpr std::string_view sarif_schema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

// A path as a relative URI reference.
std::string as_uri(const std::string& path) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    static constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
    std::string uri = path.starts_with('/') ? "file://" : "";
    for (const char c : path) {
        const auto byte = static_cast<unsigned char>(c);
        if (plain.find(c) != std::string_view::npos)
            uri += c;
        else
            uri += {'%', digits[byte / 16U], digits[byte % 16U]};
    }
    return uri;
}

Json location(const DesignPlace& place, const std::string& message = {}) {
    Json json;
    Json& physical = json["physicalLocation"];
    physical["artifactLocation"]["uri"] = as_uri(place.file);
    physical["region"]["startLine"] = std::max(1U, place.line);
    physical["region"]["startColumn"] = std::max(1U, place.column);
    if (!message.empty()) json["message"]["text"] = message;
    return json;
}

// The schedule, for tools that step through it.
Json code_flow(const Comparison& one) {
    Json steps = Json::array();
    for (const FlowStep& step : one.flow) {
        if (step.place.file.empty()) continue;
        steps.push_back({{"location", location(step.place, step.thread + ": " + step.text)},
                         {"importance", step.essential ? "essential" : "important"}});
    }
    if (steps.empty()) return nullptr;
    return Json::array({{{"threadFlows", Json::array({{{"locations", std::move(steps)}}})}}});
}

Json finding(const std::string& rule, std::string_view level, const std::string& message,
             const DesignPlace& place, const std::string& waiver) {
    Json json;
    json["ruleId"] = rule;
    json["level"] = level;
    json["message"]["text"] = message;
    json["locations"] = Json::array({location(place)});
    if (!waiver.empty())
        json["suppressions"] = Json::array({{{"kind", "external"}, {"justification", waiver}}});
    return json;
}

constexpr std::string_view path_rule = "paths_end";
constexpr std::string_view path_meaning =
    "what one operation alone does comes to its end, as it does in the base";

Json findings(const GateReport& report) {
    Json results = Json::array();
    for (const Comparison& one : report.comparisons) {
        if (one.change != Change::worse) continue;
        Json result = finding(one.property, one.cost ? "warning" : "error", sentence(report, one),
                              one.place, one.waiver);
        if (!one.other.file.empty())
            result["relatedLocations"] = Json::array({location(one.other, one.decides)});
        if (Json flow = code_flow(one); !flow.is_null()) result["codeFlows"] = std::move(flow);
        if (!one.trace.empty()) result["properties"]["trace"] = one.trace;
        result["partialFingerprints"]["worldAndProperty/v1"] =
            report.design + "/" + one.world + "/" + one.property;
        results.push_back(std::move(result));
    }
    for (const PathComparison& path : report.paths)
        if (path.worse())
            results.push_back(finding(std::string(path_rule), "error", sentence(report, path),
                                      report.own_place, {}));
    for (const ExpectationResult& one : report.expectations)
        if (one.differs())
            results.push_back(
                finding(one.property, "error", sentence(report, one), one.place, one.waiver));
    return results;
}

Json rules_of(const GateReport& report, const Json& results) {
    Json rules = Json::array();
    std::vector<std::string> seen;
    for (const Json& result : results) {
        const std::string id = result["ruleId"];
        if (std::find(seen.begin(), seen.end(), id) != seen.end()) continue;
        seen.push_back(id);
        const std::string meaning =
            id == path_rule ? std::string(path_meaning) : report.meaning_of(id);
        Json rule{{"id", id},
                  {"shortDescription", {{"text", meaning.empty() ? "property " + id : meaning}}}};
        for (const PropertyMeaning& one : report.meanings)
            if (one.property == id && !one.source.empty())
                rule["help"]["text"] = one.meaning + " (" + one.source + ")";
        rules.push_back(std::move(rule));
    }
    return rules;
}

}  // namespace

std::string gate_json(const GateReport& report) {
    Json json;
    json["cowcheck"] = version;
    json["design"] = report.design;
    json["against"] = report.base;
    json["concurrency"] = report.concurrency;
    json["status"] = report.exit_status();
    json["summary"] = summary_line(report);
    json["stopped"] = or_null(report.stop_text);
    json["updated"] = or_null(report.updated);
    json["seconds"] = std::round(report.seconds * 1000) / 1000;
    for (const char* list : {"worlds", "comparisons", "expectations", "waivers", "paths"})
        json[list] = Json::array();
    for (const GateWorld& world : report.worlds)
        json["worlds"].push_back({{"world", world.world},
                                  {"depth", world.depth},
                                  {"states_before", world.states_before},
                                  {"states_after", world.states},
                                  {"complete", world.complete},
                                  {"same_program", world.same_program},
                                  {"waited_for_frame", world.waited_for_frame}});
    json["made_worlds"] = nullptr;
    if (report.made)
        json["made_worlds"] = {{"worlds", report.made->worlds}, {"states", report.made->states}};
    json["left_out"] = to_json(report.left_out);
    for (const Comparison& one : report.comparisons) json["comparisons"].push_back(to_json(one));
    for (const ExpectationResult& one : report.expectations)
        json["expectations"].push_back(to_json(one));
    for (const Waiver& waiver : report.waivers)
        json["waivers"].push_back({{"property", waiver.property}, {"reason", waiver.reason}});
    for (const PathComparison& path : report.paths)
        json["paths"].push_back({{"path", path.path},
                                 {"before", to_json(path.before)},
                                 {"after", to_json(path.after)},
                                 {"worse", path.worse()}});
    return dumped(json);
}

std::string gate_sarif(const GateReport& report) {
    Json run;
    Json results = findings(report);
    run["tool"]["driver"] = {
        {"name", "cowcheck"}, {"version", version}, {"rules", rules_of(report, results)}};
    if (!homepage.empty()) run["tool"]["driver"]["informationUri"] = homepage;
    run["invocations"] = Json::array(
        {{{"executionSuccessful", !report.undecided()}, {"exitCode", report.exit_status()}}});
    run["columnKind"] = "unicodeCodePoints";
    run["results"] = std::move(results);
    Json json;
    json["$schema"] = sarif_schema;
    json["version"] = "2.1.0";
    json["runs"] = Json::array({run});
    return dumped(json);
}

}  // namespace cowcheck
