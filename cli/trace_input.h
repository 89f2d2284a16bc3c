// A trace from a file, and what it is about: what replay and explain begin with.
#pragma once

#include "cli/load.h"
#include "traces/replay.h"

namespace cowcheck {

struct LoadedTrace {
    Trace trace;
    Library library;
    DesignText design;
    Program program;
    ReplayResult result;
};

// Throws BadInput. The design and the world are those the trace names, unless the
// options say otherwise.
[[nodiscard]] LoadedTrace load_trace(const ReplayOptions& options);

}  // namespace cowcheck
