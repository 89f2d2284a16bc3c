// Whether a count of a process is given back by whoever raised it.
#pragma once

#include "model/machine/program.h"

namespace cowcheck {

// Every operation adds 1 to the field of the process that it works on, takes it away again before
// it adds more, goes to another process, or ends, and does nothing else to it. Then the count is
// never larger than the number of threads, and never gets too small.
[[nodiscard]] bool is_balanced(const Program& program, Field field);

}  // namespace cowcheck
