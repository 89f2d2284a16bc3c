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

// A design's text that has the one definition changed. It extends the text behind the first `own`
// ones of the chain, and holds what is in force of these: what a library has not got can't be
// extended by a file.
[[nodiscard]] std::string design_with(const WrongChange& change, const std::string& name,
                                      const DesignText& design, std::size_t own);
// Parsed, on top of what is behind the first `own` texts of the chain. The text is one that was printed: that it does not parse is
// std::logic_error.
[[nodiscard]] DesignText extend(const DesignText& base, std::size_t own, const std::string& name,
                                const std::string& text);

}  // namespace cowcheck
