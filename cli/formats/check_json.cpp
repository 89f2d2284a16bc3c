#include "cli/formats/check_json.h"

#include "cli/formats/left_out_json.h"

#include "cowcheck_version.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace cowcheck {

namespace {

using Json = nlohmann::ordered_json;

template <class Value>
Json or_null(const std::optional<Value>& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json to_json(const RunResult& run, const PropertyResult& result) {
    Json json;
    json["design"] = run.design;
    json["world"] = run.world;
    json["property"] = result.property;
    json["verdict"] = name_of(result.verdict);
    json["operations"] = or_null(result.operations);
    json["steps"] = or_null(result.steps);
    json["trace"] = result.trace.empty() ? Json(nullptr) : Json(result.trace);
    return json;
}

Json to_json(const RunResult& run) {
    Json json;
    json["design"] = run.design;
    json["world"] = run.world;
    json["same_program_as"] = run.same_as.empty() ? Json(nullptr) : Json(run.same_as);
    json["depth"] = run.depth;
    json["states"] = run.states;
    json["level_states"] = run.level_states;
    json["transitions"] = run.transitions;
    json["exhausted"] = run.exhausted;
    json["waited_for_frame"] = run.waited_for_frame;
    json["miscounted_by"] = or_null(run.miscounted_by);
    json["not_reduced"] = run.not_reduced;
    json["seconds"] = std::round(run.seconds * 1000) / 1000;
    json["peak_bytes"] = run.peak_bytes;
    return json;
}

}  // namespace

std::string check_json(const CheckResults& results) {
    Json json;
    json["cowcheck"] = version;
    json["depth"] = results.depth;
    json["concurrency"] = results.concurrency;
    json["results"] = Json::array();
    json["runs"] = Json::array();
    for (const RunResult& run : results.runs) {
        for (const PropertyResult& result : run.properties)
            if (result.verdict != Verdict::not_applicable)
                json["results"].push_back(to_json(run, result));
        json["runs"].push_back(to_json(run));
    }
    json["left_out"] = to_json(results.left_out);
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cowcheck
