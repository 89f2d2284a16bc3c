// Successors of one state: the loop that every exploration strategy shares.
#pragma once

#include "model/machine/actions.h"

namespace cowcheck {

// Calls `found(action, result, successor)` for each transition within the
// concurrency bound; `successor` may be changed (made canonical) by the callee.

// Steps of the operations under way. Returns whether the state is a deadlock:
// something runs, nothing can move, and nobody from outside could help (a page
// that gets free, a monitor that answers).
template <class Found>
bool expand_steps(const Program &program, const State &state, Found &&found) {
    unsigned running = 0;
    bool moved = false;
    bool hope = false;
    for_each_step(program, state, [&](const Action &action) {
        ++running;
        State next = state;
        const StepResult result = perform(program, next, action);
        if (result.blocked == Blocked::no) {
            moved = true;
            found(action, result, next);
            return;
        }
        if (result.blocked == Blocked::frames)
            hope = true;
        if (result.blocked == Blocked::userfault)
            for (unsigned t = 0; t < program.world.threads.size(); ++t)
                hope = hope || (program.world.threads[t].actor == Actor::monitor &&
                                program.layout.get(state, Field::pc, t) == 0);
    });
    return running > 0 && !moved && !hope;
}

[[nodiscard]] inline bool is_deadlock(const Program &program, const State &state) {
    return expand_steps(program, state, [](const Action &, const StepResult &, State &) {});
}

// Operations that start.
template <class Found>
void expand_starts(const Program &program, const State &state, unsigned concurrency,
                   Found &&found) {
    const unsigned running = in_flight(program, state);
    const bool full = concurrency != 0 && running >= concurrency;
    for_each_start(program, state, full, [&](const Action &action) {
        State next = state;
        const StepResult result = perform(program, next, action);
        if (result.blocked != Blocked::no)
            return;
        if (full && in_flight(program, next) > concurrency)
            return;
        found(action, result, next);
    });
}

} // namespace cowcheck
