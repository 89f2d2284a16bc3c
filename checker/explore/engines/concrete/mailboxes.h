// The engine where states are not renamed: each partition expands its own, and sends away what
// it leads to that is not its own.
#pragma once

#include "checker/explore/engine.h"

namespace cowcheck {

[[nodiscard]] EngineKind concrete_engine();

}  // namespace cowcheck
