// A trace as a picture for a document: its schedule, or the state at one step.
#pragma once

#include "traces/walk.h"

#include <string>

namespace cowcheck {

// A lane for each thread, a bar as long as an operation of it is under way, a line for each step.
[[nodiscard]] std::string show_svg_schedule(const Trace& trace, const Walk& walk);

// After so many steps: page tables, TLBs and pins on the left, frames on the right, with a line
// from whoever names a frame to it. What the step has changed is marked.
[[nodiscard]] std::string show_svg_state(const Trace& trace, const Walk& walk, unsigned step);

}  // namespace cowcheck
