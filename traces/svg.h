// A picture in the making: shapes and texts of an SVG file that stands for itself.
#pragma once

#include <string>
#include <string_view>

namespace cowcheck {

// Classes say what something is: "thread0" to "thread2", "service", "device", "mark", "bad",
// "quiet", "line", ... Colours are the style's, which has some for light and for dark surroundings;
// the picture brings its own background along, so that it can be read on any.
class Svg {
public:
    // All texts are of one width a character.
    static constexpr unsigned char_width = 7;
    static constexpr unsigned line_height = 17;

    void text(unsigned x, unsigned y, std::string_view classes, std::string_view text);
    void rect(unsigned x, unsigned y, unsigned width, unsigned height, std::string_view classes);
    void circle(unsigned x, unsigned y, unsigned radius, std::string_view classes);
    // From the left to the right, with a tip at its end.
    void arrow(unsigned x1, unsigned y1, unsigned x2, unsigned y2, std::string_view classes);

    // Title and description are for those who can't see it.
    [[nodiscard]] std::string finish(unsigned width, unsigned height, std::string_view title,
                                     std::string_view description) const;

private:
    std::string body_;
};

// "thread0" for cpu0: CPUs have colours of their own.
[[nodiscard]] std::string thread_class(std::string_view thread);

}  // namespace cowcheck
