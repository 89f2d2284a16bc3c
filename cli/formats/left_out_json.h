// Pairs that are left out, as the JSON reports have them.
#pragma once

#include "verify/run/left_out.h"

#include <nlohmann/json.hpp>

namespace cowcheck {

[[nodiscard]] inline nlohmann::ordered_json to_json(const std::vector<LeftOut>& all) {
    auto json = nlohmann::ordered_json::array();
    for (const LeftOut& one : all)
        json.push_back({{"design", one.design},
                        {"world", one.world},
                        {"operation", one.operation},
                        {"why", one.why.empty() ? nlohmann::ordered_json(nullptr)
                                                : nlohmann::ordered_json(one.why)}});
    return json;
}

}  // namespace cowcheck
