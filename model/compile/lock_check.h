// Which locks are held where; complaints about those that are not paired.
#pragma once

#include "model/compile/emitter.h"

namespace cowcheck {

// `unlock mmap_lock` does not say how it was locked; an unlock_mmap_read with this
// target becomes whatever check_locks() finds to be held.
inline constexpr unsigned unlock_as_held = 1;

// Follows every path through the code from `entry` to the end of the program.
// Complains about a lock that is taken twice, released without being held, held
// on one of two paths that meet, or still held when the operation ends; and about
// a loop in which no step is ever taken. Writes what is held into each Rest.
void check_locks(Emitter& emitter, std::uint16_t entry, const SourceSpan& operation);

}  // namespace cowcheck
