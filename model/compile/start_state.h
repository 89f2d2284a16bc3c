// What a world's memory looks like before anything happens.
#pragma once

#include "model/machine/program.h"

namespace cowcheck {

// Fills the start state, the references from outside and their numbers, from the program's
// world. The layout must be in place, and the code too: pages are exclusive in designs that
// know of that.
void fill_start(Program& program);

}  // namespace cowcheck
