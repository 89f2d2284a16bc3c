#include "verify/ablate/known_results.h"

#include "traces/digest.h"

#include <nlohmann/json.hpp>

#include <array>
#include <optional>

namespace cowcheck {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array all_fates{Fate::needed, Fate::same_program, Fate::equivalent, Fate::unnoticed,
                               Fate::undecided, Fate::refused};

Json to_json(const std::string& key, const Judgement& one) {
    const Broken& broken = one.broken;
    return {{"key", key},
            {"fate", name_of(one.fate)},
            {"property", broken.property},
            {"cost", broken.cost},
            {"world", broken.world},
            {"operations", broken.operations},
            {"steps", broken.steps ? Json(*broken.steps) : Json(nullptr)},
            {"trace", broken.trace},
            {"story", broken.story},
            {"path", broken.path},
            {"why", one.why},
            {"worlds", one.worlds},
            {"differing", one.differing},
            {"states", one.states}};
}

Judgement judgement_of(const Json& json) {
    Judgement one;
    const auto fate = json.at("fate").get<std::string>();
    for (const Fate known : all_fates)
        if (name_of(known) == fate) one.fate = known;
    one.broken.property = json.at("property").get<std::string>();
    one.broken.cost = json.at("cost").get<bool>();
    one.broken.world = json.at("world").get<std::string>();
    one.broken.operations = json.at("operations").get<unsigned>();
    if (!json.at("steps").is_null()) one.broken.steps = json.at("steps").get<unsigned>();
    one.broken.trace = json.at("trace").get<std::string>();
    one.broken.story = json.at("story").get<std::string>();
    one.broken.path = json.at("path").get<std::string>();
    one.why = json.at("why").get<std::string>();
    one.worlds = json.at("worlds").get<unsigned>();
    one.differing = json.at("differing").get<unsigned>();
    one.states = json.at("states").get<std::uint64_t>();
    return one;
}

std::string line_of(const std::string& key, const Judgement& one) {
    const std::string json = to_json(key, one).dump(-1, ' ', false, Json::error_handler_t::replace);
    return text_digest(json) + " " + json + "\n";
}

}  // namespace

KnownResults::KnownResults(std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty()) continue;
        const std::string_view json =
            line.size() > digest_length ? line.substr(digest_length + 1) : std::string_view();
        const bool whole = line.starts_with(text_digest(json));
        const Json parsed = whole ? Json::parse(json, nullptr, false) : Json();
        try {
            by_key_.insert_or_assign(parsed.at("key").get<std::string>(), judgement_of(parsed));
        } catch (const Json::exception&) {
            ++damaged_;
        }
    }
}

const Judgement* KnownResults::find(const std::string& key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : &found->second;
}

void KnownResults::add(const std::string& key, Judgement judgement) {
    by_key_.insert_or_assign(key, std::move(judgement));
}

std::string KnownResults::text() const {
    std::string text;
    for (const auto& [key, judgement] : by_key_) text += line_of(key, judgement);
    return text;
}

}  // namespace cowcheck
