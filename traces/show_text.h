// A trace for reading, in full.
#pragma once

#include "traces/trace.h"

#include <string>

namespace cowcheck {

// What was checked, every step with what it changed, and what went wrong.
[[nodiscard]] std::string show_text(const Trace& trace);

}  // namespace cowcheck
