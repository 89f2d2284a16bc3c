// Numbers as people type them: 8G, 1h30m.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace cowcheck {

// Each throws BadInput, with the name of the option and what was expected.
[[nodiscard]] unsigned parse_number(std::string_view option, std::string_view text, unsigned min,
                                    unsigned max, std::string_view or_else = {});
// 500000, 10M: powers of 1000.
[[nodiscard]] std::uint64_t parse_count(std::string_view option, std::string_view text);
// 512M, 1.5G, 8GiB: powers of 1024; 8GB: powers of 1000; a number alone is bytes.
[[nodiscard]] std::uint64_t parse_bytes(std::string_view option, std::string_view text);
// 90s, 10m, 1h30m, 500ms; a number alone is seconds.
[[nodiscard]] std::chrono::milliseconds parse_duration(std::string_view option,
                                                       std::string_view text);

}  // namespace cowcheck
