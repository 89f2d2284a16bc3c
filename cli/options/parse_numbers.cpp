#include "cli/options/parse_numbers.h"

#include "verify/run/bad_input.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace cowcheck {

namespace {

struct Unit {
    std::string_view name;
    double factor;
};

constexpr auto count_units =
    std::to_array<Unit>({{"", 1}, {"K", 1e3}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}});

constexpr double kibi = 1024.0;
constexpr auto byte_units = std::to_array<Unit>({
    {"", 1},
    {"B", 1},
    {"K", kibi},
    {"k", kibi},
    {"KiB", kibi},
    {"KB", 1e3},
    {"kB", 1e3},
    {"M", kibi* kibi},
    {"MiB", kibi* kibi},
    {"MB", 1e6},
    {"G", kibi* kibi* kibi},
    {"GiB", kibi* kibi* kibi},
    {"GB", 1e9},
    {"T", kibi* kibi* kibi* kibi},
    {"TiB", kibi* kibi* kibi* kibi},
    {"TB", 1e12},
});

constexpr auto time_units = std::to_array<Unit>(
    {{"ms", 1e-3}, {"s", 1}, {"min", 60}, {"m", 60}, {"h", 3600}, {"d", 86400}});

[[noreturn]] void complain(std::string_view option, std::string_view text,
                           const std::string& expected) {
    throw BadInput(std::string(option) + ": expected " + expected + ", got '" + std::string(text) +
                   "'");
}

// The number at the start of the text, which it loses.
std::optional<double> take_number(std::string_view& text) {
    double value = 0;
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

template <std::size_t N>
std::optional<double> factor_of(std::string_view name, const std::array<Unit, N>& units) {
    for (const Unit& unit : units)
        if (unit.name == name) return unit.factor;
    return std::nullopt;
}

template <std::size_t N>
std::optional<std::uint64_t> scaled(std::string_view text, const std::array<Unit, N>& units) {
    const auto value = take_number(text);
    if (!value) return std::nullopt;
    const auto factor = factor_of(text, units);
    // 2^63: far beyond any machine, and still exact enough as a double.
    if (!factor || *value * *factor < 1 || *value * *factor > 9.2e18) return std::nullopt;
    return static_cast<std::uint64_t>(*value * *factor);
}

}  // namespace

unsigned parse_number(std::string_view option, std::string_view text, unsigned min, unsigned max,
                      std::string_view or_else) {
    unsigned value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error == std::errc{} && stop == end && value >= min && value <= max) return value;
    std::string expected =
        "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
    if (!or_else.empty()) expected += " or '" + std::string(or_else) + "'";
    complain(option, text, expected);
}

std::uint64_t parse_count(std::string_view option, std::string_view text) {
    if (const auto count = scaled(text, count_units)) return *count;
    complain(option, text, "a number such as 500000, 10M or 2G");
}

std::uint64_t parse_bytes(std::string_view option, std::string_view text) {
    if (const auto bytes = scaled(text, byte_units)) return *bytes;
    complain(option, text, "a size such as 512M, 1.5G or 8GiB");
}

std::chrono::milliseconds parse_duration(std::string_view option, std::string_view text) {
    double seconds = 0;
    std::string_view rest = text;
    bool good = !rest.empty();
    while (good && !rest.empty()) {
        const auto value = take_number(rest);
        std::size_t letters = rest.find_first_of("0123456789");
        letters = std::min(letters, rest.size());
        // A number alone is seconds.
        const bool alone = letters == 0 && rest.empty() && seconds == 0;
        const auto factor = alone ? 1.0 : factor_of(rest.substr(0, letters), time_units);
        good = value && factor;
        if (good) seconds += *value * *factor;
        rest.remove_prefix(letters);
    }
    if (!good || seconds < 0.001 || seconds > 1e9)
        complain(option, text, "a duration such as 90s, 10m or 1h30m");
    return std::chrono::milliseconds(static_cast<std::int64_t>(std::llround(seconds * 1000)));
}

}  // namespace cowcheck
