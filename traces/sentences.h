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
// `looked_at` are the locals that a guard looks at, before the step: it is told with them.
[[nodiscard]] std::vector<std::string> sentences_of(const TraceStep& step, bool guards,
                                                    const std::vector<LocalValue>& looked_at);

// The kernel's name of the last of a step's handlers: the function that the design's comment
// above it begins with, or its own name.
[[nodiscard]] std::string kernel_function(const DesignText& design,
                                          const std::vector<HandlerName>& path);

}  // namespace cowcheck
