// Joins steps that nobody can see between: the static half of partial-order
// reduction. docs/internals-reduction.md has the rules and the proof.
#pragma once

#include "model/machine/program.h"

namespace cowcheck {

// Marks each rest that may be passed without resting there. Verdicts, and the
// number of operations of the shortest violation, stay the same; the number of
// states gets smaller.
void join_steps(Program& program);

// Both reductions of the program itself: merge_rests(), then join_steps().
void reduce_steps(Program& program);

}  // namespace cowcheck
