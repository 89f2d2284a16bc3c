// The code of the operations that a world's menus name.
#pragma once

#include "model/compile/emitter.h"
#include "model/compile/handlers.h"

namespace cowcheck {

// All of them, from nothing: whatever the program held is gone.
Handlers compile_operations(Emitter& emitter, const DesignText& design, const World& world);

// Compiles them again, by what the first time has shown of their pages; with `trust`, for
// CompileOptions::trust_counts.
void apply_proofs(Emitter& emitter, const DesignText& design, const World& world, bool trust);

}  // namespace cowcheck
