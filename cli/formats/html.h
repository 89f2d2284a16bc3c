// What all pages are made with.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace cowcheck {

// Text as HTML shows it; also within a quoted attribute.
[[nodiscard]] std::string html(std::string_view text);
// A path as a link leads to it.
[[nodiscard]] std::string href(std::string_view path);

// All of a folder's files behind each other, as they are: "pages/player/style".
[[nodiscard]] std::string page_text(std::string_view folder);

// What stands in a page instead of a mark.
struct PageSlot {
    std::string_view mark;
    std::string text;
};

// In one pass: what is put in is not looked at again.
[[nodiscard]] std::string fill(std::string_view page, std::span<const PageSlot> slots);

}  // namespace cowcheck
