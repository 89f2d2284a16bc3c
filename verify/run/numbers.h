// Numbers as people read them: 12.3 M, 610 MiB, 1 min 23 s.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cowcheck {

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
