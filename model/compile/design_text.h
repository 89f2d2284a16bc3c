// A design with what it extends: where a handler or a predicate is looked up.
#pragma once

#include "model/language/ast.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

// A parsed text that owns what its spans point to. What its parts define has joined the tree.
struct ParsedDesign {
    std::unique_ptr<SourceFile> file;
    std::vector<std::unique_ptr<SourceFile>> parts;
    ast::Design tree;

    // The design's own file first, then the parts in the order of their names in it.
    [[nodiscard]] std::vector<const SourceFile*> files() const;
    // All of it in one text, which is a design as well.
    [[nodiscard]] std::string whole_text() const;
};

// The design first, then what it extends, and so on; the hardware last.
struct DesignText {
    std::vector<std::shared_ptr<const ParsedDesign>> chain;

    [[nodiscard]] const ast::Design& design() const { return chain.front()->tree; }
    [[nodiscard]] const std::string& name() const { return design().name; }
    // The handler in force: the nearest definition. Null if there is none.
    [[nodiscard]] const ast::Handler* handler(ast::HandlerKind kind, std::string_view name) const;
    [[nodiscard]] const ast::Predicate* predicate(std::string_view name) const;
    // Names of all handlers of a kind, or predicates, for suggestions.
    [[nodiscard]] std::vector<std::string_view> handler_names(ast::HandlerKind kind) const;
    [[nodiscard]] std::vector<std::string_view> predicate_names() const;
};

}  // namespace cowcheck
