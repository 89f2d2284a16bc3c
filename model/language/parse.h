// Text to syntax tree. Nothing is looked up here; see check.h.
#pragma once

#include "model/language/ast.h"

#include <optional>

namespace cowcheck {

// Each returns nothing if the text has a syntax error; then at least one
// diagnostic has been appended. `file` must outlive the tree (spans point to it).
[[nodiscard]] std::optional<ast::Design> parse_design(const SourceFile& file, Diagnostics& out);
[[nodiscard]] std::optional<ast::Part> parse_part(const SourceFile& file, Diagnostics& out);
[[nodiscard]] std::optional<ast::Properties> parse_properties(const SourceFile& file,
                                                              Diagnostics& out);
[[nodiscard]] std::optional<ast::World> parse_world(const SourceFile& file, Diagnostics& out);
[[nodiscard]] std::optional<ast::Program> parse_program(const SourceFile& file, Diagnostics& out);

}  // namespace cowcheck
