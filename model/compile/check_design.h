// What is wrong with a design whatever the world.
#pragma once

#include "model/compile/compile.h"

namespace cowcheck {

// What compile() can't see in one world: names defined twice, overrides of
// nothing, handlers and predicates of this very file that nobody uses in any of
// these worlds, expectations about properties or worlds that don't exist.
void check_design(const DesignText& design, const PropertySet& properties,
                  const std::vector<const World*>& worlds, Diagnostics& out);

}  // namespace cowcheck
