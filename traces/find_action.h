// From a step as a trace tells it to an action in a state.
#pragma once

#include "model/machine/actions.h"
#include "traces/trace.h"

#include <optional>
#include <string>

namespace cowcheck {

// The action, or why there is none: "cpu0 is still in fork > copy_one_pte".
struct FoundAction {
    std::optional<Action> action;
    std::string reason;
};

[[nodiscard]] FoundAction find_action(const Program& program, const State& state,
                                      const TraceStep& step);

}  // namespace cowcheck
