// Source texts, places in them, and what the front end has to say about them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

// One text: a design, a world or a set of properties. `name` is what messages
// call it: a path, or "v5.7.cow" for a built-in file.
struct SourceFile {
    std::string name;
    std::string text;
};

// Where something stands in a text. Lines and columns count from 1; a line of 0
// means "nowhere" (made by the compiler itself). `length` is in bytes, on one line.
struct SourceSpan {
    const SourceFile* file = nullptr;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::uint32_t length = 0;
};

// One complaint. `message` says what is wrong and what was expected;
// `suggestion` is empty or a sentence such as "did you mean 'mapcount'?".
struct Diagnostic {
    SourceSpan span;
    std::string message;
    std::string suggestion;
};

using Diagnostics = std::vector<Diagnostic>;

// "v5.7.cow:12:8: error: ..." followed by the line, a caret and the suggestion.
[[nodiscard]] std::string to_text(const Diagnostic& diagnostic);

// All of them, in the order of the text, separated by newlines.
[[nodiscard]] std::string to_text(const Diagnostics& diagnostics);

// The candidate closest to `word` by edit distance, or empty if none is close.
[[nodiscard]] std::string closest(std::string_view word,
                                  const std::vector<std::string_view>& candidates);

// "did you mean 'X'?" for the closest candidate, or empty.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       const std::vector<std::string_view>& candidates);

}  // namespace cowcheck
