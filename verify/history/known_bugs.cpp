#include "verify/history/known_bugs.h"

#include "model/builtin_files.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace cowcheck {

namespace {

bool contains(const std::vector<std::string>& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

KnownBug bug_from(const nlohmann::ordered_json& json) {
    KnownBug bug{json.at("id"),
                 json.at("what"),
                 json.at("reference"),
                 json.at("fix"),
                 json.at("world"),
                 json.at("property"),
                 json.value("also", std::vector<std::string>{}),
                 json.at("lives_in")};
    if (const std::string since = json.value("since", ""); !since.empty())
        bug.lives_in.erase(bug.lives_in.begin(),
                           std::find(bug.lives_in.begin(), bug.lives_in.end(), since));
    return bug;
}

}  // namespace

std::vector<std::string> KnownBugs::worlds() const {
    std::vector<std::string> all;
    for (const HistoryGroup& group : groups)
        all.insert(all.end(), group.worlds.begin(), group.worlds.end());
    return all;
}

const KnownBug* KnownBugs::find(std::string_view design, std::string_view world,
                                std::string_view property) const {
    for (const KnownBug& bug : bugs)
        if (bug.world == world && (bug.property == property || contains(bug.also, property)) &&
            contains(bug.lives_in, design))
            return &bug;
    return nullptr;
}

KnownBugs known_bugs() {
    KnownBugs table;
    for (const BuiltinFile& file : builtin_files()) {
        if (file.folder != "known") continue;
        const auto json = nlohmann::ordered_json::parse(file.text);
        for (const auto& group : json.at("groups"))
            table.groups.push_back({group.at("memory"), group.at("worlds")});
        for (const auto& bug : json.at("bugs")) table.bugs.push_back(bug_from(bug));
    }
    return table;
}

}  // namespace cowcheck
