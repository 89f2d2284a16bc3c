#include "verify/run/left_out.h"

#include "verify/run/bad_input.h"
#include "verify/run/selection.h"
#include "model/compile/compile.h"

#include <algorithm>
#include <stdexcept>

namespace cowcheck {

namespace {

using Strings = std::vector<std::string>;

constexpr std::size_t worlds_told = 5;

std::string list_of(const Strings& words) {
    std::string list;
    for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
    return list;
}

// The designs and worlds that are built in and go with the other half of the pair.
std::string advice(const Library& library, const DesignText& design, const World& world) {
    std::string text;
    for (const std::string& name : library.design_names())
        if (not_applicable(find_design(library, name), world).empty()) {
            text += "\ndesign " + name + " is the first that has what world " + world.name +
                    " asks for";
            break;
        }
    Strings worlds;
    for (const std::string& name : library.world_names())
        if (worlds.size() < worlds_told &&
            not_applicable(design, find_world(library, name)).empty())
            worlds.push_back(name);
    if (!worlds.empty())
        text += "\nworlds that go with design " + design.name() + ": " + list_of(worlds) +
                (worlds.size() == worlds_told ? ", ..." : "");
    return text;
}

}  // namespace

std::optional<LeftOut> left_out(const DesignText& design, const World& world) {
    const std::vector<Absent> absent = not_applicable(design, world);
    if (absent.empty()) return std::nullopt;
    const Absent& first = absent.front();
    return LeftOut{design.name(), world.name, to_text(first.item), first.why};
}

std::vector<std::string> left_out_lines(const std::vector<LeftOut>& all) {
    struct Line {
        std::string why;
        Strings designs;
        Strings worlds;
    };
    std::vector<Line> lines;  // of each design and reason
    for (const LeftOut& one : all) {
        const std::string why = one.why.empty() ? "there is no " + one.operation : one.why;
        auto known = std::find_if(lines.begin(), lines.end(), [&](const Line& line) {
            return line.designs.front() == one.design && line.why == why;
        });
        if (known == lines.end()) known = lines.insert(lines.end(), {why, {one.design}, {}});
        known->worlds.push_back(one.world);
    }
    std::vector<Line> joined;
    for (Line& line : lines) {
        const auto same = std::find_if(joined.begin(), joined.end(), [&](const Line& other) {
            return other.why == line.why && other.worlds == line.worlds;
        });
        if (same == joined.end())
            joined.push_back(std::move(line));
        else
            same->designs.push_back(line.designs.front());
    }
    Strings text;
    for (const Line& line : joined)
        text.push_back("left out: " + list_of(line.designs) + " in " + list_of(line.worlds) + ": " +
                       line.why);
    return text;
}

void refuse(const Library& library, const DesignText& design, const World& world) {
    try {
        (void)compile_or_complain(design, {}, world);
    } catch (const BadInput& error) {
        throw BadInput(error.what() + advice(library, design, world));
    }
    throw std::logic_error("design '" + design.name() + "' goes with world '" + world.name + "'");
}

}  // namespace cowcheck
