// A schedule of a program in which some guards are decided (CompileOptions::trust_counts), told in
// the one of the whole text, where each of them is a step.
#pragma once

#include "model/machine/actions.h"

#include <span>
#include <vector>

namespace cowcheck {

// `schedule` is one of `decided`, a step an action; both programs are of the same design and world.
// After each action, the thread takes the steps of `whole` that lead to the same statement. Throws
// LostSchedule if it does not come there.
[[nodiscard]] std::vector<Action> retell(const Program& whole, const Program& decided,
                                         std::span<const Action> schedule);

}  // namespace cowcheck
