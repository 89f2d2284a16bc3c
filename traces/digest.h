// Fingerprints of the texts that a trace depends on.
#pragma once

#include "model/compile/design_text.h"

#include <string>
#include <string_view>

namespace cowcheck {

// 128 bits as 32 hexadecimal digits.
inline constexpr std::size_t digest_length = 32;

[[nodiscard]] std::string text_digest(std::string_view text);

// Of the design's own text, of all that it extends, and of the hardware.
[[nodiscard]] std::string design_digest(const DesignText& design);

}  // namespace cowcheck
