// Looks at a text without parsing it: words, lines and UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cowcheck::scan {

// How many bytes the UTF-8 character at the start of a text has; 0 if it is none.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

// The first token of a text: a word, a number, a string, an operator, or one other
// character. What stands before it (blanks, line ends, comments) is skipped first.
// Empty at the end. It points into `text`.
[[nodiscard]] std::string_view first_token(std::string_view text);

// The text behind a part of it.
[[nodiscard]] inline std::string_view behind(std::string_view text, std::string_view part) {
    return text.substr(static_cast<std::size_t>(part.data() + part.size() - text.data()));
}

[[nodiscard]] bool is_word_character(char c);

// "\\x07" with the prefix "\\x": a byte in two hexadecimal digits.
[[nodiscard]] inline std::string hex_byte(std::string_view prefix, char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    return std::string(prefix) + digits[byte >> 4U] + digits[byte & 0xfU];
}

}  // namespace cowcheck::scan
