#include "traces/text.h"

#include <algorithm>

namespace cowcheck {

namespace {

bool is_control(unsigned char c) { return c < 0x20 || c == 0x7f; }

// The C1 control characters in UTF-8, which some terminals obey: c2 80 to c2 9f.
bool is_long_control(std::string_view text, std::size_t i) {
    return static_cast<unsigned char>(text[i]) == 0xc2 && i + 1 < text.size() &&
           static_cast<unsigned char>(text[i + 1]) < 0xa0;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_long = is_long_control(text, i);
        out += is_long || is_control(static_cast<unsigned char>(text[i])) ? '?' : text[i];
        if (is_long) ++i;
    }
    return out;
}

std::string ascii(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xc0U) == 0x80U) continue;  // the rest of a character
        out += is_control(byte) || byte >= 0x80 ? '?' : c;
    }
    return out;
}

std::vector<std::string> wrap(std::string_view text, std::size_t width, std::size_t hanging) {
    width = std::max<std::size_t>(width, 1);
    hanging = std::min(hanging, width / 2);
    std::vector<std::string> lines;
    std::string line;
    const auto flush = [&] {
        lines.push_back(line);
        line = std::string(hanging, ' ');
    };
    bool fresh = true;  // nothing but the indent on this line
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (word.empty()) continue;
        if (!fresh && line.size() + 1 + word.size() > width) {
            flush();
            fresh = true;
        }
        if (!fresh) line += ' ';
        for (; line.size() + word.size() > width; flush()) {
            std::size_t room = width - line.size();
            // Behind a bracket, if one stands in the second half of what fits.
            const std::size_t bracket = word.substr(0, room).find_last_of("(,");
            if (bracket != std::string_view::npos && bracket >= room / 2) room = bracket + 1;
            line += word.substr(0, room);
            word.remove_prefix(room);
        }
        line += word;
        fresh = false;
    }
    if (!fresh || lines.empty()) lines.push_back(line);
    return lines;
}

std::string counted(std::size_t number, std::string_view what) {
    return std::to_string(number) + " " + std::string(what) + (number == 1 ? "" : "s");
}

std::vector<std::string_view> parts_of(std::string_view text, std::string_view separator) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        parts.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + separator.size(), text.size()));
    }
    return parts;
}

std::size_t common_prefix(const std::vector<HandlerName>& a, const std::vector<HandlerName>& b) {
    const std::size_t size = std::min(a.size(), b.size());
    std::size_t n = 0;
    while (n < size && a[n] == b[n]) ++n;
    return n;
}

}  // namespace cowcheck
