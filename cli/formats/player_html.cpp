#include "cli/formats/player_html.h"

#include "cli/formats/page_files.h"
#include "traces/show_text.h"
#include "traces/text.h"

#include <array>

namespace cowcheck {

namespace {

// All texts of a folder behind each other.
std::string folder_text(std::string_view folder) {
    std::string text;
    for (const BuiltinFile& file : page_files())
        if (file.folder == folder) text += file.text;
    return text;
}

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

// JSON within a <script>: nothing in it may look like a tag or a comment to the HTML reader.
std::string script_json(std::string_view json) {
    std::string out;
    for (const char c : json) {
        if (c == '<')
            out += "\\u003c";
        else
            out += c;
    }
    return out;
}

struct Slot {
    std::string_view mark;
    std::string text;
};

// Each mark once, in one pass: what is put in is not looked at again.
std::string fill(std::string_view page, const std::array<Slot, 5>& slots) {
    std::string out;
    while (!page.empty()) {
        const Slot* next = nullptr;
        std::size_t at = page.size();
        for (const Slot& slot : slots)
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

}  // namespace

std::string player_html(const PlayedTrace& played) {
    const TraceHeader& h = played.trace.header;
    return fill(folder_text("pages/player"),
                {{{"@title@",
                   html(printable(h.design.name + ", " + h.world.name + ": " + h.property.name))},
                  {"/*style*/", folder_text("pages/player/style")},
                  {"@text@", html(show_text(played.trace))},
                  {"@data@", script_json(show_player(played))},
                  {"/*script*/", folder_text("pages/player/script")}}});
}

}  // namespace cowcheck
