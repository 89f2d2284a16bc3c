// The engine where states are renamed, or carry what is known of references from outside: threads
// expand blocks that partitions have cut, and partitions store what comes of them.
#pragma once

#include "checker/explore/engine.h"

namespace cowcheck {

[[nodiscard]] EngineKind symmetric_engine();

}  // namespace cowcheck
