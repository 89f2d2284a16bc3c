// Points that schedules lead to, each kept once with how it was reached: what every search keeps
// that hands back schedules.
#pragma once

#include "model/machine/actions.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cowcheck {

[[nodiscard]] inline std::size_t hash_of(const State& state) {
    return std::hash<std::string_view>{}(
        {reinterpret_cast<const char*>(state.words.data()), sizeof state.words});
}

// A point is a state with whatever else decides how it goes on. Number 0 is the start.
template <class Point, class Hash>
class ScheduleTree {
public:
    explicit ScheduleTree(const Point& start) { (void)add(start, 0, {}); }

    // Its number, and whether it is new. A known point keeps the way that it has.
    std::pair<std::uint32_t, bool> add(const Point& point, std::uint32_t from,
                                       const Action& action) {
        const auto next = static_cast<std::uint32_t>(points_.size());
        const auto [known, fresh] = numbers_.try_emplace(point, next);
        if (!fresh) return {known->second, false};
        points_.push_back(point);
        ways_.push_back({from, action});
        return {next, true};
    }
    // Another way to a known point, as short as the one it has.
    void lead(std::uint32_t number, std::uint32_t from, const Action& action) {
        ways_[number] = {from, action};
    }

    [[nodiscard]] std::size_t size() const { return points_.size(); }
    [[nodiscard]] const Point& operator[](std::size_t number) const { return points_[number]; }

    // From the start to the point, and then `last`, if there is one.
    [[nodiscard]] std::vector<Action> path(std::uint32_t number,
                                           const Action* last = nullptr) const {
        std::vector<Action> actions;
        if (last != nullptr) actions.push_back(*last);
        for (; number != 0; number = ways_[number].from) actions.push_back(ways_[number].action);
        std::reverse(actions.begin(), actions.end());
        return actions;
    }

private:
    struct Way {
        std::uint32_t from = 0;
        Action action;
    };

    std::vector<Point> points_;
    std::vector<Way> ways_;
    std::unordered_map<Point, std::uint32_t, Hash> numbers_;
};

}  // namespace cowcheck
