// Properties to code that runs at events and in every state.
#pragma once

#include "model/compile/compile.h"
#include "model/compile/expressions.h"

namespace cowcheck {

// Fills on_event, always, properties and their kinds in the program. The design's
// operations must have been compiled: a property that needs a field applies only
// if the design ever writes it. Nothing is asked about those that are decided (bits by
// number).
void compile_checks(Emitter& emitter, const PropertySet& properties, std::uint32_t decided);

// Whether any instruction changes the field.
[[nodiscard]] bool writes_field(const Program& program, Field field);

}  // namespace cowcheck
