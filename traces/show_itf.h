// A trace in the Informal Trace Format (Apalache, ADR-015), which the trace viewers
// of the TLA+ world open.
#pragma once

#include "traces/trace.h"
#include "traces/walk.h"

#include <string>

namespace cowcheck {

// One state for the start and for each step. A variable for each kind of element, as a
// map from its name to its fields; `action` says what led there.
[[nodiscard]] std::string show_itf(const Trace& trace, const Walk& walk);

}  // namespace cowcheck
