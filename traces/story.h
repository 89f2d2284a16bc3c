// A trace as a story in sentences: who did what, which steps mattered, and what would
// have gone well.
#pragma once

#include "model/compile/design_text.h"
#include "model/machine/program.h"
#include "traces/trace.h"

#include <string>

namespace cowcheck {

// `trace` must be one that replays on the program.
[[nodiscard]] std::string tell_story(const Trace& trace, const Program& program,
                                     const DesignText& design);

}  // namespace cowcheck
