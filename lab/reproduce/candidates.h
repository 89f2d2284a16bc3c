// Programs (docs/programs.md) that may show what a trace shows: its operations as system calls, one
// after the other, or side by side where the trace has one within another.
#pragma once

#include "lab/reproduce/promise.h"

#include <string>
#include <vector>

namespace cowcheck {

struct Candidate {
    std::string text;     // of the program
    bool window = false;     // something runs side by side
    bool reordered = false;  // one after the other, in an order that the trace does not have
    bool to_the_end = false;  // a window: what the trace does not end runs on to its end
    // One after the other, each as often as the trace has it: their indices.
    std::vector<std::size_t> order;
    std::string refused;  // why no kernel does it like this; else empty
};

// The likeliest first. `promise` must not be refused.
[[nodiscard]] std::vector<Candidate> candidates(const Trace& trace,
                                                const std::vector<TracedOperation>& operations,
                                                const Promise& promise);

}  // namespace cowcheck
