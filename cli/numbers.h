// Numbers as people type and read them: 8G, 1h30m, 12.3 M, 610 MiB.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
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

// "12,345", "1.23 M"
[[nodiscard]] std::string count_text(std::uint64_t count);
// "610 MiB"
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);
// "0.8 s", "1 min 23 s", "2 h 5 min"
[[nodiscard]] std::string duration_text(double seconds);
// "0.8 s", "83 s", "20 min": at most seven characters, for tables.
[[nodiscard]] std::string short_duration_text(double seconds);
// "1 operation", "5 operations"
[[nodiscard]] std::string plural(std::uint64_t count, std::string_view what);

}  // namespace cowcheck
