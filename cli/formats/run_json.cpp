#include "cli/formats/run.h"

#include <nlohmann/json.hpp>

namespace cowcheck {

namespace {

using Json = nlohmann::ordered_json;

std::string_view name_of(Seen seen) {
    switch (seen) {
    case Seen::value: return "value";
    case Seen::result: return "result";
    case Seen::event: return "event";
    case Seen::page: return "page";
    case Seen::bit: return "bit";
    case Seen::count: break;
    }
    return "count";
}

std::string_view name_of(ConditionVerdict verdict) {
    switch (verdict) {
    case ConditionVerdict::holds: return "holds";
    case ConditionVerdict::fails: return "fails";
    case ConditionVerdict::unknown: break;
    }
    return "unknown";
}

Json trace_of(const std::string& trace) { return trace.empty() ? Json(nullptr) : Json(trace); }

Json json(const ProgramReport& report, const OutcomeReport& outcome) {
    Json seen = Json::object();
    for (std::size_t i = 0; i < report.names.size(); ++i) seen[report.names[i]] = outcome.values[i];
    return {{"seen", std::move(seen)},
            {"waits", outcome.loops ? std::vector<std::string>{} : outcome.stuck},
            {"loops", outcome.loops ? outcome.stuck : std::vector<std::string>{}},
            {"unreached", outcome.unreached},
            {"operations", outcome.operations},
            {"steps", outcome.steps},
            {"schedule", outcome.story},
            {"trace", trace_of(outcome.trace)}};
}

Json json(const ProgramReport& report, const DesignReport& design) {
    Json out{{"design", design.design},
             {"skipped", design.skipped.empty() ? Json(nullptr) : Json(design.skipped)},
             {"limited", design.limited},
             {"states", design.states},
             {"outcomes", Json::array()},
             {"conditions", Json::array()},
             {"troubles", Json::array()}};
    for (const OutcomeReport& outcome : design.outcomes)
        out["outcomes"].push_back(json(report, outcome));
    for (std::size_t i = 0; i < design.conditions.size(); ++i)
        out["conditions"].push_back({{"condition", report.program->conditions[i].text},
                                     {"verdict", name_of(design.conditions[i].verdict)},
                                     {"outcomes", design.conditions[i].outcomes}});
    for (const TroubleReport& trouble : design.troubles)
        out["troubles"].push_back(
            {{"what", trouble.what == ProgramTrouble::What::asserts ? "assertion" : "counting"},
             {"operations", trouble.operations},
             {"steps", trouble.steps},
             {"schedule", trouble.story},
             {"trace", trace_of(trouble.trace)}});
    return out;
}

}  // namespace

std::string run_json(const ProgramReport& report) {
    Json names = Json::array();
    for (const Observed& one : observed(*report.program))
        names.push_back({{"name", one.name}, {"kind", name_of(one.seen)}, {"of", one.step->text}});
    Json designs = Json::array();
    for (const DesignReport& design : report.designs) designs.push_back(json(report, design));
    return Json{{"version", 1},
                {"program", report.program->name},
                {"title", report.program->title},
                {"sources", report.program->sources},
                {"names", std::move(names)},
                {"designs", std::move(designs)}}
               .dump(2) +
           "\n";
}

}  // namespace cowcheck
