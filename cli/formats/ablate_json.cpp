// --format json (docs/ablate.schema.json).
#include "cli/formats/ablate.h"

#include "cowcheck_version.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace cowcheck {

namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json or_null(const std::optional<double>& rate) {
    return rate ? Json(std::round(*rate * 10000) / 10000) : Json(nullptr);
}

Json to_json(const Broken& broken) {
    if (!broken.path.empty()) return {{"path", broken.path}};
    return {{"property", broken.property},
            {"kind", broken.cost ? "cost" : "safety"},
            {"world", broken.world},
            {"operations", broken.operations},
            {"steps", broken.steps ? Json(*broken.steps) : Json(nullptr)},
            {"story", or_null(broken.story)},
            {"trace", or_null(broken.trace)}};
}

Json to_json(const ChangeResult& one) {
    const Judgement& judgement = one.judgement;
    Json json;
    json["design"] = one.design;
    json["handler"] = one.change.definition;
    json["line"] = one.change.line;
    json["place"] = {
        {"file", one.place.file}, {"line", one.place.line}, {"column", one.place.column}};
    json["change"] = name_of(one.change.kind);
    json["what"] = one.change.what;
    json["fate"] = name_of(judgement.fate);
    json["breaks"] = judgement.fate == Fate::needed ? to_json(judgement.broken) : Json(nullptr);
    json["why"] = or_null(judgement.why);
    json["worlds"] = judgement.worlds;
    json["worlds_with_other_states"] = judgement.differing;
    json["states"] = judgement.states;
    json["text"] = or_null(one.kept);
    json["from_before"] = one.known;
    return json;
}

}  // namespace

std::string ablate_json(const AblateReport& report) {
    Json json;
    json["cowcheck"] = version;
    json["design"] = report.design;
    json["concurrency"] = report.concurrency;
    json["budget"] = report.budget;
    json["worlds"] = report.worlds;
    json["status"] = report.exit_status();
    json["summary"] = ablate_summary(report);
    json["rate"] = {{"without_marks", or_null(report.rate(false))},
                    {"with_marks", or_null(report.rate(true))}};
    Json& counts = json["counts"];
    for (const auto& [name, fate] : {std::pair{"needed", Fate::needed},
                                     {"same_program", Fate::same_program},
                                     {"equivalent", Fate::equivalent},
                                     {"unnoticed", Fate::unnoticed},
                                     {"undecided", Fate::undecided}})
        counts[name] = report.count(fate);
    counts["refused"] = report.refused;
    counts["unreached"] = report.unreached;
    json["stopped"] = or_null(report.stop_text);
    json["seconds"] = std::round(report.seconds * 1000) / 1000;
    json["changes"] = Json::array();
    for (const ChangeResult& one : report.results) json["changes"].push_back(to_json(one));
    json["idle_marks"] = Json::array();
    for (const IdleMark& mark : report.idle_marks)
        json["idle_marks"].push_back(
            {{"file", mark.place.file}, {"line", mark.place.line}, {"why", mark.why}});
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cowcheck
