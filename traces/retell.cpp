#include "traces/retell.h"

#include "model/machine/lost_schedule.h"

#include <string>

namespace cowcheck {

namespace {

const Rest& rest_of(const Program& program, const State& state, unsigned thread) {
    return program.rests[program.layout.get(state, Field::pc, thread)];
}

bool is_same_place(const Rest& a, const Rest& b) {
    return a.span.file == b.span.file && a.span.line == b.span.line &&
           a.span.column == b.span.column && a.where == b.where;
}

// Throws if the program can't.
void take(const Program& program, State& state, const Action& action, std::size_t number,
          std::string_view which) {
    if (perform(program, state, action).blocked != Blocked::no)
        throw LostSchedule("step " + std::to_string(number) + " of the schedule is blocked in " +
                           std::string(which));
}

}  // namespace

std::vector<Action> retell(const Program& whole, const Program& decided,
                           std::span<const Action> schedule) {
    std::vector<Action> told;
    State ours = whole.start;
    State theirs = decided.start;
    std::size_t number = 0;
    const auto tell = [&](const Action& action) {
        told.push_back(action);
        take(whole, ours, action, told.size(), "the design as it is written");
    };
    for (const Action& action : schedule) {
        take(decided, theirs, action, ++number, "the design whose counts are trusted");
        tell(action);
        if (action.kind == Action::Kind::device) continue;
        const Rest& goal = rest_of(decided, theirs, action.thread);
        const auto is_there = [&] {
            return is_same_place(rest_of(whole, ours, action.thread), goal);
        };
        for (unsigned i = 0; i < max_joined && !is_there(); ++i)
            tell({Action::Kind::step, action.thread, 0, 0, 0, 0});
        if (!is_there())
            throw LostSchedule("step " + std::to_string(number) +
                               " of the schedule leads to another statement in the design as it "
                               "is written than where its counts are trusted");
    }
    return told;
}

}  // namespace cowcheck
