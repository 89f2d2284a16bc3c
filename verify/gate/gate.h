// What a change makes worse, better and dearer: a design against its base, in many worlds.
#pragma once

#include "verify/gate/report.h"
#include "verify/run/reporter.h"
#include "verify/run/selection.h"

#include <optional>
#include <string>
#include <vector>

namespace cowcheck {

struct GateRequest {
    DesignText base;
    DesignText design;
    Selection selection;            // its worlds and properties are compared
    bool all_worlds = true;         // the selection has all that are built in
    std::optional<unsigned> depth;  // in every world; nothing: as each says
    unsigned concurrency = 2;       // 0: no bound
    StopLimits limits;
    unsigned threads = 1;
    std::vector<Waiver> waivers;
    // What an operation could do in the base, and never can any more, got worse.
    bool asks_for_effects = false;
    bool tells_all = false;  // the story of every violation, not only of what is news
};

// Throws BadInput. Traces of what got worse, or is not as expected, go to the sink.
[[nodiscard]] GateReport gate(const Library& library, const GateRequest& request,
                              Observer& observer, const TraceSink& sink);

// The design's own text, with `expect` lines that say what the report found, which then has no
// line that differs; nothing if they do already.
[[nodiscard]] std::optional<std::string> with_new_expectations(const GateRequest& request,
                                                               GateReport& report);

}  // namespace cowcheck
