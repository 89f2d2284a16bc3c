// From a violation that a run has found to its trace.
#pragma once

#include "verify/run/check_run.h"
#include "verify/run/selection.h"
#include "traces/trace.h"

#include <string>

namespace cowcheck {

// What a check is about, as far as a trace tells it.
struct TraceContext {
    const Library& library;
    const Selection& selection;
    const RunOptions& options;
};

// It replays. Throws LostSchedule if it does not: that is a fault of cowcheck.
[[nodiscard]] Trace make_trace(const TraceContext& context, CheckRun& run,
                               const Violation& violation, const std::string& property);

// What files about one result are called, before what they end with:
// "v5.7-default-no_foreign_data". No two results have the same: where the name of the design could
// be read as another one, there is a '+' behind it ("x-a+b-no_deadlock").
[[nodiscard]] std::string result_name(const std::string& design, const std::string& world,
                                      const std::string& property);

// "v5.7-default-no_foreign_data.json"
[[nodiscard]] std::string trace_file_name(const Trace& trace);

// "cpu0 fork, cpu2 gup(read, get), device dma_read"
[[nodiscard]] std::string story_of(const Trace& trace);

}  // namespace cowcheck
