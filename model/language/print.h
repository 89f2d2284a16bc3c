// From a syntax tree back to text: what parses to the same tree, in one layout and without
// comments.
#pragma once

#include "model/language/ast.h"

#include <string>

namespace cowcheck {

[[nodiscard]] std::string printed(const ast::Expr& expr);
// The statement alone, on one line; of one with a block, what stands before it.
[[nodiscard]] std::string printed_head(const ast::Stmt& stmt);
// With the line's end.
[[nodiscard]] std::string printed(const ast::Predicate& predicate);
[[nodiscard]] std::string printed(const ast::Handler& handler);

[[nodiscard]] std::string_view name_of(ast::HandlerKind kind);

}  // namespace cowcheck
