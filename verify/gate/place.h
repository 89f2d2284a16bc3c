// Where in a design's text a finding belongs.
#pragma once

#include "verify/gate/report.h"
#include "verify/run/selection.h"
#include "traces/trace.h"

namespace cowcheck {

// A place in the design's own files; of built-in designs, as a path in the sources.
[[nodiscard]] DesignPlace place_of(const SourceSpan& span, const DesignText& design,
                                   const Selection& selection);

// A step's, in whichever of the design's texts it stands.
[[nodiscard]] DesignPlace place_of(const TraceStep& step, const DesignText& design,
                                   const Selection& selection);

// Where the schedule is decided: of the steps whose order does (`preferred`, by number), the first
// that stands in the design's own files; else the last step that runs text of them and decides
// something (a guard) or changes more than a lock; else the last that runs any; else the first
// handler that the design changes.
[[nodiscard]] DesignPlace essential_place(const Trace& trace, const std::vector<unsigned>& preferred,
                                          const DesignText& design, const Selection& selection);

}  // namespace cowcheck
