// In which words two texts differ.
#pragma once

#include <string>
#include <string_view>

namespace cowcheck {

// "if a: becomes if not a"; of what both begin and end with, long texts show a few words only.
[[nodiscard]] std::string difference_text(std::string_view before, std::string_view after);

}  // namespace cowcheck
