// What a step does, as the words behind "it".
#pragma once

#include "model/compile/design_text.h"
#include "traces/locals.h"
#include "traces/trace.h"

#include <string>
#include <vector>

namespace cowcheck {

// "write-protects parent.pte[0]", "takes a reference to page A (refcount 2)"; for a
// guard, what it finds, if `guards`. Nothing for what only matters to the thread.
// `locals` are those of its thread before the step: what a guard is told with.
[[nodiscard]] std::vector<std::string> sentences_of(const TraceStep& step, bool guards,
                                                    const std::vector<LocalValue>& locals);

// The kernel's name of a handler in a trace ("fault write > do_wp_page", the last of
// it): the function that the design's comment above it begins with, or its own name.
[[nodiscard]] std::string kernel_function(const DesignText& design, const std::string& handler);

}  // namespace cowcheck
