#include "model/language/scan.h"

#include <algorithm>
#include <array>

namespace cowcheck::scan {

std::size_t utf8_length(std::string_view text) {
    if (text.empty()) return 0;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first < 0xC2   ? 0
                               : first < 0xE0 ? 2
                               : first < 0xF0 ? 3
                               : first < 0xF5 ? 4
                                              : 0;
    if (length == 0 || length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xC0U) != 0x80U) return 0;
    // Longer than need be, a surrogate, or beyond the last character there is.
    if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) ||
        (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F))
        return 0;
    return length;
}

bool is_word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

namespace {

std::string_view without_space(std::string_view text) {
    while (true) {
        text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
        if (!text.starts_with('#')) return text;
        text.remove_prefix(std::min(text.find('\n'), text.size()));
    }
}

// Those of this language, and those that other languages have and this one has not.
constexpr std::array<std::string_view, 16> operators{
    "==", "!=", "<=", ">=", "+=", "-=", "&&", "||", "->", "++", "--", "//", "/*", "<>", ":=", "=>"};

}  // namespace

std::string_view first_token(std::string_view text) {
    text = without_space(text);
    if (text.empty()) return text;
    const auto word = std::find_if_not(text.begin(), text.end(), is_word_character);
    if (word != text.begin()) return text.substr(0, static_cast<std::size_t>(word - text.begin()));
    if (text[0] == '"') {
        const auto end = text.find_first_of("\"\r\n", 1);
        const bool closed = end != std::string_view::npos && text[end] == '"';
        return text.substr(0, closed ? end + 1 : end);
    }
    for (const std::string_view op : operators)
        if (text.starts_with(op)) return text.substr(0, op.size());
    return text.substr(0, std::max<std::size_t>(utf8_length(text), 1));
}

}  // namespace cowcheck::scan
