// A trace as data for a page that plays it: every state in full, with where each thread stands,
// who holds what, and what the property is worth. Who shows it computes nothing.
#pragma once

#include "model/compile/compile.h"
#include "model/compile/design_text.h"
#include "traces/replay.h"

#include <string>

namespace cowcheck {

struct PlayedTrace {
    const Trace& trace;
    const Program& program;
    const DesignText& design;
    const PropertySet& properties;
    const ReplayResult& result;
    std::string command;  // by which somebody else sees the same: "cowcheck replay TRACE"
    unsigned at = 0;      // the step at which it opens
};

// One JSON object, described in docs/player.md. As many steps as the design still takes.
[[nodiscard]] std::string show_player(const PlayedTrace& played);

}  // namespace cowcheck
