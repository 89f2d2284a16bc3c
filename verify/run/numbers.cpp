#include "verify/run/numbers.h"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <cmath>

namespace cowcheck {

namespace {

// Three digits: "1.23", "12.3", "123"; but "1", not "1.00".
std::string three_digits(double value) {
    const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    return fmt::format("{:.{}f}", value, value == std::floor(value) ? 0 : decimals);
}

}  // namespace

std::string count_text(std::uint64_t count) {
    const auto value = static_cast<double>(count);
    if (value >= 999.5e6) return three_digits(value / 1e9) + " G";
    if (value >= 999.5e3) return three_digits(value / 1e6) + " M";
    if (count >= 1000) return fmt::format("{},{:03}", count / 1000, count % 1000);
    return std::to_string(count);
}

std::string bytes_text(std::uint64_t bytes) {
    auto value = static_cast<double>(bytes);
    if (value < 1000) return std::to_string(bytes) + " B";
    std::size_t unit = 0;
    constexpr auto names = std::to_array<const char*>({"B", "KiB", "MiB", "GiB", "TiB", "PiB"});
    while (value >= 999.5 && unit + 1 < names.size()) {
        value /= 1024;
        ++unit;
    }
    return three_digits(value) + " " + names[unit];
}

std::string duration_text(double seconds) {
    if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
    const auto whole = std::llround(seconds);
    if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
    return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string short_duration_text(double seconds) {
    if (seconds < 99.95) return fmt::format("{:.1f} s", seconds);
    if (seconds < 999.5) return fmt::format("{:.0f} s", seconds);
    if (seconds < 999.5 * 60) return fmt::format("{:.0f} min", seconds / 60);
    return fmt::format("{:.0f} h", seconds / 3600);
}

std::string plural(std::uint64_t count, std::string_view what) {
    return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

}  // namespace cowcheck
