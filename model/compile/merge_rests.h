// Rests that no schedule can tell apart become one: fewer states, and fewer
// program points for everything that is derived from them.
#pragma once

#include "model/machine/program.h"

namespace cowcheck {

// Handlers are inlined wherever they are called, so the tail of wp_page_reuse()
// stands in the program once for every way there. Two rests of an operation are
// merged if they stand at the same statement, reached by the same calls, with
// the same locks and the same locals at the same places, and their code does the
// same up to rests that are merged, too (the coarsest such partition, by
// refinement: Hopcroft 1971 for automata). Such rests are bisimilar, so no
// property can differ. Rests that no operation can reach are dropped. The others
// are numbered anew, in order.
void merge_rests(Program &program);

} // namespace cowcheck
