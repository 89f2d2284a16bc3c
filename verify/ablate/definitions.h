// The definitions of a design that are in force, and designs in which one of them is another.
#pragma once

#include "model/library.h"
#include "verify/ablate/changes.h"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cowcheck {

// A handler or a predicate, as the nearest text of the chain has it.
using Definition = std::variant<const ast::Handler*, const ast::Predicate*>;

// The hardware's own are not the design's.
[[nodiscard]] std::vector<Definition> definitions_of(const DesignText& design);
[[nodiscard]] std::string definition_name(const Definition& definition);
[[nodiscard]] SourceSpan span_of(const Definition& definition);
[[nodiscard]] std::vector<WrongChange> wrong_changes(const Definition& definition);

// All that is in force, the hardware included, without layout and comments: designs with the same
// text here are the same.
[[nodiscard]] std::string printed_in_force(const DesignText& design);

// A design's text that extends the base and has the one definition changed.
[[nodiscard]] std::string design_with(const WrongChange& change, const std::string& name,
                                      const std::string& base);
// Parsed, on top of the base. The text is one that was printed: that it does not parse is
// std::logic_error.
[[nodiscard]] DesignText extend(const DesignText& base, const std::string& name,
                                const std::string& text);

}  // namespace cowcheck
