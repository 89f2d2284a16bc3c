// Why a thread can't go on, and who keeps it from doing so.
#pragma once

#include "model/machine/actions.h"

#include <string>

namespace cowcheck {

// Of a thread whose next step is blocked in this state:
// "it waits for ptl of parent, which cpu1 holds in fork > copy_one_pte".
[[nodiscard]] std::string why_blocked(const Program& program, const State& state,
                                      const Action& action, Blocked blocked);

}  // namespace cowcheck
