// Texts from files.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cowcheck {

inline constexpr std::size_t max_text_bytes = std::size_t{1} << 20;

// The text in a file. `what` is what it should be: "a design". Throws BadInput for
// what can't be read, is empty, too large, or no text.
[[nodiscard]] std::string read_text(const std::string& path, std::string_view what,
                                    std::size_t limit = max_text_bytes);

}  // namespace cowcheck
