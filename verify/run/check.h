// Designs in worlds: all of them deepened together, level by level.
#pragma once

#include "verify/run/checkpoint.h"
#include "verify/run/reporter.h"
#include "verify/run/selection.h"

namespace cowcheck {

struct CheckRequest {
    Selection selection;
    RunOptions options;
    StopLimits limits;
    unsigned threads = 1;
    // Where explorations are kept, and where they go on from if they are there.
    std::optional<CheckpointOptions> checkpoint;
    // Somebody has named designs and worlds: one of these pairs that says nothing is refused. Else
    // it is left out, and that is said.
    bool means_pairs = false;
};

// Every design that is selected in every world that is. Throws BadInput before anything has been
// explored, and then nothing has been told or written; `start` is called between the two, and
// says where traces go. Ctrl-C ends it early, with what is known so far.
[[nodiscard]] CheckResults check(const Library& library, const CheckRequest& request,
                                 Reporter& reporter, const std::function<TraceSink()>& start);

}  // namespace cowcheck
