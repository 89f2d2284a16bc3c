// Turns the place where parsing got stuck into a sentence.
#pragma once

#include "model/language/source.h"
#include "model/language/syntax_tree.h"

#include <optional>

namespace cowcheck::syntax {

// `begin`: of the definition that could not be read; `in` has the scopes that are open.
[[nodiscard]] Diagnostic explain(const SyntaxError& error, const Input& in, const SourceFile& file,
                                 const Place& begin);

// What keeps the bytes from being a text that can be parsed at all, if anything.
[[nodiscard]] std::optional<Diagnostic> check_bytes(const SourceFile& file);

// The text without a byte-order mark.
[[nodiscard]] std::string_view body_of(const SourceFile& file);

}  // namespace cowcheck::syntax
