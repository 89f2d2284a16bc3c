// Where in a design's text a finding belongs.
#pragma once

#include "verify/gate/report.h"
#include "verify/run/selection.h"
#include "traces/trace.h"

namespace cowcheck {

// A place in the design's own files; of built-in designs, as a path in the sources.
[[nodiscard]] DesignPlace place_of(const SourceSpan& span, const DesignText& design,
                                   const Selection& selection);

// The last step of the trace that runs text of the design's own files and decides
// something (a guard) or changes more than a lock; else the last that runs any; else the first
// handler that it changes.
[[nodiscard]] DesignPlace essential_place(const Trace& trace, const DesignText& design,
                                          const Selection& selection);

}  // namespace cowcheck
