// Which fields the states of a program have, and where in a state they stand.
#pragma once

#include "model/compile/emitter.h"

namespace cowcheck {

// What a world's states have, whatever the design: elements and strides, no places yet.
[[nodiscard]] Layout first_layout(const World& world);

// Fields that only the design's text asks for. The operations must have been compiled.
void add_parts_of_text(Program& program);

// Gives each scope its place. Complains, at the design, where a state has no room for all.
void place(Emitter& emitter, const SourceSpan& design);

// Program::access, from the places.
void fill_access(Program& program);

}  // namespace cowcheck
