// Designs that differ in their text may be the same in a world that has no use for the
// difference.
#pragma once

#include "model/machine/program.h"

namespace cowcheck {

// Whether two programs of one world, as compile() makes them, take the same steps from the same
// start and ask the same of them; they may differ in what is for people only: places in the
// text and names of locals. Then everything that an exploration finds is the same, too, action
// by action. False does not say that they behave differently.
[[nodiscard]] bool is_same_program(const Program& a, const Program& b);

}  // namespace cowcheck
