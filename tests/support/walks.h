// Random schedules through a program.
#pragma once

#include "tests/support/models.h"
#include "tests/support/mutations.h"

#include "model/machine/actions.h"

#include <vector>

namespace cowcheck::test {

// What the action leads to, if it is possible.
struct Successor {
    Action action;
    StepResult result;
    State state;
};

// All that can happen next, however much is under way already.
inline std::vector<Successor> successors(const Program& program, const State& state) {
    std::vector<Successor> all;
    const auto visit = [&](const Action& action) {
        Successor next{action, {}, state};
        next.result = perform(program, next.state, action);
        if (next.result.blocked == Blocked::no) all.push_back(next);
    };
    for_each_step(program, state, visit);
    for_each_start(program, state, false, visit);
    return all;
}

// Visits the states of random schedules, `walks` of `steps` steps from the start.
template <class Visit>
void walk(const Program& program, Random& random, unsigned walks, unsigned steps, Visit&& visit) {
    for (unsigned w = 0; w < walks; ++w) {
        State state = program.start;
        for (unsigned s = 0; s < steps; ++s) {
            visit(state);
            const std::vector<Successor> next = successors(program, state);
            if (next.empty()) break;
            state = next[below(random, next.size())].state;
        }
    }
}

}  // namespace cowcheck::test
