// Who holds which lock.
#pragma once

#include "model/machine/program.h"

#include <string>
#include <vector>

namespace cowcheck {

// "mmap_lock of parent for writing: cpu0", one for each lock and holder.
[[nodiscard]] std::vector<std::string> locks_held(const Program& program, const State& state);

}  // namespace cowcheck
