#include "cli/formats/html.h"

#include "cli/formats/page_files.h"

#include <array>

namespace cowcheck {

std::string html(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        default: out += c;
        }
    }
    return out;
}

std::string href(std::string_view path) {
    constexpr std::string_view harmless =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~/";
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : path) {
        if (harmless.find(c) != std::string_view::npos) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += {'%', digits[byte >> 4U], digits[byte & 15U]};
    }
    return out;
}

std::string page_text(std::string_view folder) {
    std::string text;
    for (const BuiltinFile& file : page_files())
        if (file.folder == folder) text += file.text;
    return text;
}

std::string fill(std::string_view page, std::span<const PageSlot> slots) {
    std::string out;
    while (!page.empty()) {
        const PageSlot* next = nullptr;
        std::size_t at = page.size();
        for (const PageSlot& slot : slots)
            if (const std::size_t found = page.find(slot.mark); found < at) {
                at = found;
                next = &slot;
            }
        out += page.substr(0, at);
        page.remove_prefix(at);
        if (next == nullptr) break;
        out += next->text;
        page.remove_prefix(next->mark.size());
    }
    return out;
}

}  // namespace cowcheck
