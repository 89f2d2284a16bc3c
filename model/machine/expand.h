// Successors of one state: the loop that every exploration strategy shares.
#pragma once

#include "model/machine/actions.h"

namespace cowcheck {

// Calls `found(action, result, successor)` for each transition within the
// concurrency bound; `successor` may be changed (made canonical) by the callee.

// Steps of the operations under way. Returns whether the state is a deadlock:
// something runs, nothing can move, and nobody from outside could help (a page
// that gets free, a monitor that answers).
// `each(action, taken)` performs the action on copies of the state, once for each way in
// which it can go, and calls taken(result, successor).
template <class Each, class Found>
bool expand_steps_with(const Program& program, const State& state, Each&& each, Found&& found) {
    unsigned running = 0;
    bool moved = false;
    bool hope = false;
    for_each_step(program, state, [&](const Action& action) {
        ++running;
        each(action, [&](const StepResult& result, State& next) {
            if (result.blocked == Blocked::no) {
                moved = true;
                found(action, result, next);
                return;
            }
            if (result.blocked == Blocked::frames) hope = true;
            if (result.blocked == Blocked::userfault)
                for (unsigned t = 0; t < program.world.threads.size(); ++t)
                    hope = hope || (program.world.threads[t].actor == Actor::monitor &&
                                    program.layout.get(state, Field::pc, t) == 0);
        });
    });
    return running > 0 && !moved && !hope;
}

template <class Found>
bool expand_steps(const Program& program, const State& state, Found&& found) {
    const auto once = [&](const Action& action, auto&& taken) {
        State next = state;
        const StepResult result = perform(program, next, action);
        taken(result, next);
    };
    return expand_steps_with(program, state, once, found);
}

[[nodiscard]] inline bool is_deadlock(const Program& program, const State& state) {
    return expand_steps(program, state, [](const Action&, const StepResult&, State&) {});
}

// Operations that start.
template <class Each, class Found>
void expand_starts_with(const Program& program, const State& state, unsigned concurrency,
                        Each&& each, Found&& found) {
    const unsigned running = in_flight(program, state);
    const bool full = concurrency != 0 && running >= concurrency;
    for_each_start(program, state, full, [&](const Action& action) {
        each(action, [&](const StepResult& result, State& next) {
            if (result.blocked != Blocked::no) return;
            if (full && in_flight(program, next) > concurrency) return;
            found(action, result, next);
        });
    });
}

template <class Found>
void expand_starts(const Program& program, const State& state, unsigned concurrency,
                   Found&& found) {
    const auto once = [&](const Action& action, auto&& taken) {
        State next = state;
        const StepResult result = perform(program, next, action);
        taken(result, next);
    };
    expand_starts_with(program, state, concurrency, once, found);
}

}  // namespace cowcheck
