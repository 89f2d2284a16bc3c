// Helpers for texts in Markdown.
#pragma once

#include <string>
#include <string_view>

namespace cowcheck {

// What would be read as markup is shown as it is.
[[nodiscard]] inline std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (std::string_view("\\`*_{}[]<>#|").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

}  // namespace cowcheck
