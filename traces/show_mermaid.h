// A trace as a sequence diagram, for readers that draw Mermaid.
#pragma once

#include "traces/trace.h"

#include <string>

namespace cowcheck {

[[nodiscard]] std::string show_mermaid(const Trace& trace);

}  // namespace cowcheck
