// Why a thread can't go on, and who keeps it from doing so.
#pragma once

#include "model/machine/actions.h"

#include <string>

namespace cowcheck {

struct Awaited {
    std::string lock;  // "ptl of parent", as locks_held() calls it; empty if it is no lock
    std::string text;  // "it waits for ptl of parent, held by cpu1 in fork > copy_one_pte"
};

// Of a thread whose next step is blocked in this state.
[[nodiscard]] Awaited what_blocks(const Program& program, const State& state, const Action& action,
                                  Blocked blocked);
// In words alone.
[[nodiscard]] std::string why_blocked(const Program& program, const State& state,
                                      const Action& action, Blocked blocked);

}  // namespace cowcheck
