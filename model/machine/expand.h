// Successors of one state: the loop that every exploration strategy shares.
#pragma once

#include "model/machine/alone.h"

namespace cowcheck {

// Calls `found(action, result, successor)` for each transition within the
// concurrency bound; `successor` may be changed (made canonical) by the callee.

// What came of the steps of a state, apart from its successors.
struct Expanded {
    Stuck stuck;
    // Some step waits for a frame and there is none.
    bool waits_for_frame = false;
};

// Steps of the operations under way.
// `each(action, taken)` performs the action on copies of the state, once for each way in
// which it can go, and calls taken(result, successor).
template <class Each, class Found>
Expanded expand_steps_with(const Program& program, const State& state, Each&& each, Found&& found) {
    unsigned running = 0;
    unsigned moving = 0;  // threads that can
    unsigned mover = 0;   // the last of them
    bool hope = false;
    bool waits_for_frame = false;
    for_each_step(program, state, [&](const Action& action) {
        ++running;
        bool moved = false;
        each(action, [&](const StepResult& result, State& next) {
            if (result.blocked == Blocked::no) {
                moved = true;
                found(action, result, next);
                return;
            }
            if (result.blocked == Blocked::frames) waits_for_frame = true;
            if (result.blocked == Blocked::userfault)
                for (unsigned t = 0; t < program.world.threads.size(); ++t)
                    hope = hope || (program.world.threads[t].actor == Actor::monitor &&
                                    program.layout.get(state, Field::pc, t) == 0);
        });
        moving += moved;
        if (moved) mover = action.thread;
    });
    Expanded expanded;
    expanded.stuck.deadlocked = running > 0 && moving == 0 && !hope && !waits_for_frame;
    expanded.waits_for_frame = waits_for_frame;
    if (program.asks_livelock && moving == 1)
        expanded.stuck.livelocked = goes_round(program, state, mover);
    return expanded;
}

template <class Found>
Expanded expand_steps(const Program& program, const State& state, Found&& found) {
    const auto once = [&](const Action& action, auto&& taken) {
        State next = state;
        const StepResult result = perform(program, next, action);
        taken(result, next);
    };
    return expand_steps_with(program, state, once, found);
}

[[nodiscard]] inline Stuck how_stuck(const Program& program, const State& state) {
    return expand_steps(program, state, [](const Action&, const StepResult&, State&) {}).stuck;
}

// Operations that start. Returns whether some operation can't, because its first step waits for
// a frame and there is none.
template <class Each, class Found>
bool expand_starts_with(const Program& program, const State& state, unsigned concurrency,
                        Each&& each, Found&& found) {
    const unsigned running = in_flight(program, state);
    const bool full = concurrency != 0 && running >= concurrency;
    bool waits_for_frame = false;
    for_each_start(program, state, full, [&](const Action& action) {
        each(action, [&](const StepResult& result, State& next) {
            if (result.blocked != Blocked::no) {
                waits_for_frame = waits_for_frame || result.blocked == Blocked::frames;
                return;
            }
            if (full && in_flight(program, next) > concurrency) return;
            found(action, result, next);
        });
    });
    return waits_for_frame;
}

template <class Found>
bool expand_starts(const Program& program, const State& state, unsigned concurrency,
                   Found&& found) {
    const auto once = [&](const Action& action, auto&& taken) {
        State next = state;
        const StepResult result = perform(program, next, action);
        taken(result, next);
    };
    return expand_starts_with(program, state, concurrency, once, found);
}

}  // namespace cowcheck
