// A trace as a story in sentences: who did what, which steps mattered, and what would
// have gone well.
#pragma once

#include "model/compile/design_text.h"
#include "model/machine/program.h"
#include "traces/trace.h"

#include <optional>
#include <string>
#include <vector>

namespace cowcheck {

// `trace` must be one that replays on the program.
[[nodiscard]] std::string tell_story(const Trace& trace, const Program& program,
                                     const DesignText& design);

// The pair of steps whose order decides, by number from 1 on; as the story has it.
struct Decision {
    unsigned earlier = 0;
    unsigned later = 0;
    std::string text;                 // "cpu1 in fork() does ..., after cpu0 in gup_fast() ..."
    std::vector<unsigned> essential;  // all steps whose order matters
};

// Nothing if no order of two steps decides.
[[nodiscard]] std::optional<Decision> find_decision(const Trace& trace, const Program& program,
                                                    const DesignText& design);

}  // namespace cowcheck
