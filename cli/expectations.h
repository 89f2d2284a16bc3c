// What a design's own text expects, and rewriting it.
#pragma once

#include "model/compile/design_text.h"

#include <optional>
#include <string>
#include <vector>

namespace cowcheck {

struct NewExpectation {
    std::optional<std::size_t> replaces;  // index into Design::expectations; nothing: a new line
    std::string property;
    bool violated = false;
    std::string reason;
};

// The text with these `expect` lines in the place of those that they replace, about the same
// worlds. New ones go behind the last, or behind the `design` line.
[[nodiscard]] std::string with_expectations(const ast::Design& design, const std::string& text,
                                            const std::vector<NewExpectation>& lines);

}  // namespace cowcheck
