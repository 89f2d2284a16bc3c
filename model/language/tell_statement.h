// From a statement's place in the syntax tree to the words it is told with.
#pragma once

#include "model/language/ast.h"
#include "model/language/syntax_tree.h"

namespace cowcheck::syntax {

// Text over any number of lines on one: comments go, and a line's end is a space.
[[nodiscard]] std::string on_one_line(std::string_view text);

[[nodiscard]] StatementText tell_statement(const Node& node, const ast::Stmt& stmt);

}  // namespace cowcheck::syntax
