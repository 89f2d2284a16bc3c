#include "traces/retell.h"

namespace cowcheck {

namespace {

const Rest& rest_of(const Program& program, const State& state, unsigned thread) {
    return program.rests[program.layout.get(state, Field::pc, thread)];
}

bool is_same_place(const Rest& a, const Rest& b) {
    return a.span.file == b.span.file && a.span.line == b.span.line &&
           a.span.column == b.span.column && a.where == b.where;
}

}  // namespace

std::vector<Action> retell(const Program& whole, const Program& decided,
                           std::span<const Action> schedule) {
    std::vector<Action> told;
    State ours = whole.start;
    State theirs = decided.start;
    for (const Action& action : schedule) {
        (void)perform(decided, theirs, action);
        (void)perform(whole, ours, action);
        told.push_back(action);
        if (action.kind == Action::Kind::device) continue;
        const Rest& goal = rest_of(decided, theirs, action.thread);
        for (unsigned i = 0;
             i < max_joined && !is_same_place(rest_of(whole, ours, action.thread), goal); ++i) {
            told.push_back({Action::Kind::step, action.thread, 0, 0, 0, 0});
            (void)perform(whole, ours, told.back());
        }
    }
    return told;
}

}  // namespace cowcheck
