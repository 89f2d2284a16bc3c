// Where handlers can go round.
#pragma once

#include "model/machine/program.h"

namespace cowcheck {

// Rest::in_loop: the rests from which control can come back to them. Those that a merged program
// has, if it is merged. Whoever has oopsed stays where it is, and goes nowhere.
void find_loops(Program& program);

}  // namespace cowcheck
