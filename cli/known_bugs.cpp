#include "cli/known_bugs.h"

#include "model/builtin_files.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace cowcheck {

const KnownBug* KnownBugs::find(std::string_view design, std::string_view world,
                                std::string_view property) const {
    for (const KnownBug& bug : bugs)
        if (bug.world == world && bug.property == property &&
            std::find(bug.lives_in.begin(), bug.lives_in.end(), design) != bug.lives_in.end())
            return &bug;
    return nullptr;
}

KnownBugs known_bugs() {
    KnownBugs table;
    for (const BuiltinFile& file : builtin_files()) {
        if (file.folder != "known") continue;
        const auto json = nlohmann::ordered_json::parse(file.text);
        for (const auto& [name, depth] : json.at("worlds").items())
            table.worlds.push_back({name, depth.get<unsigned>()});
        for (const auto& bug : json.at("bugs"))
            table.bugs.push_back({bug.at("id"), bug.at("what"), bug.at("reference"), bug.at("fix"),
                                  bug.at("world"), bug.at("property"), bug.at("lives_in")});
    }
    return table;
}

}  // namespace cowcheck
