// A trace for an issue tracker or a wiki.
#pragma once

#include "traces/trace.h"

#include <string>

namespace cowcheck {

// What was checked, a table with a column for each thread, and what went wrong.
[[nodiscard]] std::string show_markdown(const Trace& trace);

}  // namespace cowcheck
