// Which way a guard went, read off where the thread is afterwards.
#pragma once

#include "model/machine/program.h"

#include <optional>

namespace cowcheck {

// `pc` is the rest of an `if`, `next` the rest where the thread came to stand (0:
// its operation ended). Nothing if both ways lead there.
[[nodiscard]] std::optional<bool> guard_outcome(const Program& program, unsigned pc, unsigned next);

}  // namespace cowcheck
