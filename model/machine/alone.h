// What an operation does while nobody else does anything.
#pragma once

#include "model/machine/actions.h"

namespace cowcheck {

// Takes steps of one thread, one after the other, as long as `go_on(result, state)` says so behind
// each. The last one may be blocked, and the state spoilt then.
template <class GoOn>
void run_alone(const Program& program, State& state, unsigned thread, GoOn&& go_on) {
    const Action step{Action::Kind::step, static_cast<std::uint8_t>(thread), 0, 0, 0, 0};
    while (go_on(perform(program, state, step), state)) {}
}

// Whether a thread that is under way comes back, by its own steps, to a state in which it has been,
// and so for ever; and whether no other operation can take a step meanwhile. Whoever waits, for a
// lock or for userfaultfd, does not go round. The program knows how many references from outside
// there are, if there are any.
[[nodiscard]] inline bool goes_round(const Program& program, const State& state, unsigned thread) {
    const auto rest_of = [&](const State& s, unsigned t) -> const Rest& {
        return program.rests[program.layout.get(s, Field::pc, t)];
    };
    if (!rest_of(state, thread).in_loop) return false;
    // R. P. Brent's cycle detection: the mark moves on after 1, 2, 4, ... steps.
    State here = state;
    State mark = state;
    unsigned until = 1;
    unsigned steps = 0;
    bool round = false;
    run_alone(program, here, thread, [&](const StepResult& result, const State& now) {
        if (result.blocked != Blocked::no || !rest_of(now, thread).in_loop) return false;
        if (now == mark) {
            round = true;
            return false;
        }
        if (++steps == until) {
            mark = now;
            until *= 2;
            steps = 0;
        }
        return true;
    });
    if (!round) return false;
    const auto others_wait = [&](const State& now) {
        bool all = true;
        for_each_step(program, now, [&](const Action& action) {
            if (action.thread == thread) return;
            State copy = now;
            all = all && perform(program, copy, action).blocked != Blocked::no;
        });
        return all;
    };
    bool waiting = others_wait(mark);
    run_alone(program, here, thread, [&](const StepResult&, const State& now) {
        waiting = waiting && others_wait(now);
        return waiting && !(now == mark);
    });
    return waiting;
}

}  // namespace cowcheck
