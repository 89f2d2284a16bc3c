// What a program has to look at to see that a property is violated.
#pragma once

#include "lab/reproduce/traced.h"

#include <string>
#include <vector>

namespace cowcheck {

// It is broken if what is seen under one name is, or is not, what is seen under another, or a word.
struct BrokenIf {
    std::string left;
    bool equal = true;
    std::string right;

    // "x == new"
    [[nodiscard]] std::string text() const { return left + (equal ? " == " : " != ") + right; }
};

struct Promise {
    std::map<unsigned, std::string> names;  // by operation: what its result is called
    std::vector<std::string> before_last;   // lines of a program, in front of the last operation
    std::vector<std::string> after;         // lines behind all of it
    bool wait_for_event = false;            // a monitor waits beside the last operation: name "told"
    BrokenIf broken;
    std::string words;    // what is looked at, for people
    std::string refused;  // why nothing can be looked at; else empty
};

[[nodiscard]] Promise promise_of(const Trace& trace,
                                 const std::vector<TracedOperation>& operations);

// What a pin is called that this operation takes.
[[nodiscard]] std::string holder_name(unsigned operation);

}  // namespace cowcheck
