// What a design's own text expects, and rewriting it.
#pragma once

#include "model/compile/design_text.h"

#include <string>
#include <vector>

namespace cowcheck {

struct NewExpectation {
    std::string property;
    bool violated = false;
    std::string reason;
};

// The text with these `expect` lines in the place of those about the same properties.
// Properties that had none get theirs behind the last, or behind the `design` line.
[[nodiscard]] std::string with_expectations(const ast::Design& design, const std::string& text,
                                            const std::vector<NewExpectation>& lines);

}  // namespace cowcheck
