// What of designs' texts the worlds ever run.
#pragma once

#include "verify/coverage/report.h"
#include "verify/run/reporter.h"
#include "verify/run/selection.h"

#include <optional>

namespace cowcheck {

struct CoverageRequest {
    Selection selection;            // its designs in its worlds
    std::optional<unsigned> depth;  // in every world; nothing: two less than each says
    unsigned concurrency = 2;       // 0: no bound
    StopLimits limits;
    unsigned threads = 1;
    bool joining = true;
    bool means_pairs = false;  // see CheckRequest
};

// Throws BadInput.
[[nodiscard]] CoverageReport coverage(const Library& library, const CoverageRequest& request,
                                      Observer& observer);

}  // namespace cowcheck
