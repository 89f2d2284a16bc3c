// Colours, where somebody sees them.
#pragma once

#include <fmt/color.h>

#include <string>
#include <string_view>

namespace cowcheck {

class Paint {
public:
    explicit Paint(bool on) : on_(on) {}

    [[nodiscard]] bool on() const { return on_; }
    [[nodiscard]] std::string title(std::string_view text) const {
        return styled(fmt::emphasis::bold, text);
    }
    [[nodiscard]] std::string changed(std::string_view text) const {
        return styled(fmt::fg(fmt::terminal_color::yellow) | fmt::emphasis::bold, text);
    }
    [[nodiscard]] std::string current(std::string_view text) const {
        return styled(fmt::fg(fmt::terminal_color::cyan) | fmt::emphasis::bold, text);
    }
    [[nodiscard]] std::string bad(std::string_view text) const {
        return styled(fmt::fg(fmt::terminal_color::red) | fmt::emphasis::bold, text);
    }
    [[nodiscard]] std::string quiet(std::string_view text) const {
        return styled(fmt::emphasis::faint, text);
    }

private:
    [[nodiscard]] std::string styled(const fmt::text_style& style, std::string_view text) const {
        return on_ ? fmt::format(style, "{}", text) : std::string(text);
    }

    bool on_;
};

}  // namespace cowcheck
