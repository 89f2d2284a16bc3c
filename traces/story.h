// A trace as a story in sentences: who did what, which steps mattered, and what would
// have gone well.
#pragma once

#include "model/compile/design_text.h"
#include "model/machine/program.h"
#include "traces/trace.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cowcheck {

// What an operation does while no other one takes a step.
struct StoryStretch {
    unsigned operation = 0;
    unsigned first = 0;  // its steps, by number from 1 on
    unsigned last = 0;
    std::string text;
};

// Two steps whose order is needed.
struct StoryOrder {
    unsigned earlier = 0;
    unsigned later = 0;
    std::string text;
};

struct Story {
    std::string summary;
    std::string needs;  // what references from outside have to be; empty: nothing
    std::vector<StoryStretch> happens;
    std::string ending;                                     // what is violated
    std::vector<std::string> decides;                       // sentences, a paragraph each
    std::optional<std::pair<unsigned, unsigned>> deciding;  // the earlier step and the later one
    std::string about_essential;
    std::vector<StoryOrder> essential;
};

// `trace` must be one that replays on the program.
[[nodiscard]] Story tell_story(const Trace& trace, const Program& program,
                               const DesignText& design);

// In paragraphs, with headings.
[[nodiscard]] std::string to_text(const Story& story);
// Of that only what happens, up to what is wrong in the end.
[[nodiscard]] std::string what_happens(const Story& story);

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
