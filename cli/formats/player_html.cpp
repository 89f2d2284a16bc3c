#include "cli/formats/player_html.h"

#include "cli/formats/html.h"
#include "traces/show_text.h"
#include "traces/text.h"

#include <array>

namespace cowcheck {

namespace {

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

}  // namespace

std::string player_html(const PlayedTrace& played) {
    const TraceHeader& h = played.trace.header;
    const std::array<PageSlot, 5> slots{
        {{"@title@", html(printable(h.design.name + ", " + h.world.name + ": " + h.property.name))},
         {"/*style*/", page_text("pages/common/style") + page_text("pages/player/style")},
         {"@text@", html(show_text(played.trace))},
         {"@data@", script_json(show_player(played))},
         {"/*script*/", page_text("pages/common/script") + page_text("pages/player/script")}}};
    return fill(page_text("pages/player"), slots);
}

}  // namespace cowcheck
