// Small helpers for printing.
#pragma once

#include "model/language/statement.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

// Bytes that a terminal or a mail could choke on become '?': a trace may come from
// anywhere. printable() leaves UTF-8 alone, ascii() does not.
[[nodiscard]] std::string printable(std::string_view text);
[[nodiscard]] std::string ascii(std::string_view text);

// At most `width` (at least 1) characters a line, broken at spaces; words that are
// longer are cut. Lines after the first begin with `hanging` spaces.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, std::size_t width,
                                            std::size_t hanging = 0);

// "5 operations", "1 step".
[[nodiscard]] std::string counted(std::size_t number, std::string_view what);

// What stands between the separators; nothing of an empty text.
[[nodiscard]] std::vector<std::string_view> parts_of(std::string_view text,
                                                     std::string_view separator);

// How many elements both begin with.
[[nodiscard]] std::size_t common_prefix(const std::vector<HandlerName>& a,
                                        const std::vector<HandlerName>& b);

}  // namespace cowcheck
