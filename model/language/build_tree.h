// From the raw syntax tree to the tree of ast.h: what designs, properties and
// worlds have in common.
#pragma once

#include "model/language/ast.h"
#include "model/language/syntax_tree.h"

#include <optional>
#include <string_view>

namespace cowcheck::syntax {

// Text from `begin` to `end`, as far as it is on one line, without a comment behind it.
[[nodiscard]] std::string_view first_line(const char* begin, const char* end);

// The block of comment lines that ends right above the line in which `at` stands,
// without '#'. Empty if there is a line between. A ruler ("# ---- fork") ends it.
[[nodiscard]] std::string comment_above(std::string_view text, const char* at);
// The block of comment lines that the text begins with.
[[nodiscard]] std::string comment_on_top(std::string_view text);

class TreeBuilder {
public:
    TreeBuilder(const SourceFile& file, Diagnostics& out) : file_(file), out_(out) {}

    [[nodiscard]] const SourceFile& file() const { return file_; }
    [[nodiscard]] SourceSpan span(const Node& node) const { return span(node, node.end); }
    // From the start of a node to a place behind it.
    [[nodiscard]] SourceSpan span(const Node& node, const char* end) const;
    void complain(const SourceSpan& span, std::string message, std::string suggestion = {});
    // Sets what may be given once: `title`, `kernels`, `cpus`.
    void set_once(std::string& target, const Node& node, std::string_view what);

    // A zero, and a complaint, if the number is too large.
    [[nodiscard]] std::int64_t number(const Node& node);
    [[nodiscard]] ast::Expr expression(const Node& node);
    [[nodiscard]] ast::Block block(const Node& node);
    [[nodiscard]] ast::Predicate predicate(const Node& node);
    [[nodiscard]] ast::MenuEntry menu_entry(const Node& node);

private:
    // An expression and how many levels it has; chains like a.b.c or a + b + c
    // count, too, as the tree leans to the left.
    struct Built {
        ast::Expr expr;
        std::size_t height = 1;
    };

    Built build(const Node& node);
    Built leaf(const Node& node);
    Built postfix(const Node& node);
    Built children_of(const Node& node, ast::ExprKind kind, std::string_view name);
    Built left_chain(const Node& node);
    Built with(const Node& node);
    std::size_t record_fields(const Node& node, std::vector<ast::RecordField>& fields);
    // Puts `part` below `whole`; false, and a complaint, if that gets too high.
    bool adopt(Built& whole, Built part, const Node& node);

    ast::Stmt statement(const Node& node);
    void simple(const Node& node, ast::Stmt& stmt);
    void if_(const Node& node, ast::Stmt& stmt);

    const SourceFile& file_;
    Diagnostics& out_;
};

}  // namespace cowcheck::syntax
