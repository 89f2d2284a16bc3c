// What a design's own text expects, and rewriting it.
#pragma once

#include "model/compile/design_text.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

// The line that speaks about a property in a world: one that names the world, or else the one
// that names none. Nothing if no line does.
[[nodiscard]] const ast::Expectation*
expectation_about(const ast::Design& design, std::string_view property, std::string_view world);

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
