// Program points at which nothing can tell which one a handler rests at.
#pragma once

#include "model/machine/program.h"

namespace cowcheck {

// Makes one rest of those that are bisimilar: with the same locks held and the
// same locals at the same places, whose code does the same up to rests that are
// merged, too. Handlers are inlined wherever they are called, so the tail of
// wp_page_reuse() stands in a program once for every way there; no property can
// tell those apart. Operations share rests if the same actor runs them. What a
// person reads of a merged rest (its statement, its callers) is that of one of
// them, so traces are told by the program that was not merged.
// docs/internals-reduction.md has the proof.
void merge_rests(Program& program);

// Only drops the rests that no operation can reach.
void drop_unreached_rests(Program& program);

}  // namespace cowcheck
