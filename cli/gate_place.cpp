#include "cli/gate_place.h"

#include <charconv>

namespace cowcheck {

namespace {

// "v5.9.cow:57:5" in that file: line and column.
std::optional<std::pair<unsigned, unsigned>> within(const std::string& place,
                                                    const std::string& file) {
    if (!place.starts_with(file + ":")) return std::nullopt;
    const char* const end = place.data() + place.size();
    std::pair<unsigned, unsigned> at;
    const auto line = std::from_chars(place.data() + file.size() + 1, end, at.first);
    if (line.ec != std::errc() || line.ptr == end) return std::nullopt;
    if (std::from_chars(line.ptr + 1, end, at.second).ec != std::errc()) return std::nullopt;
    return at;
}

std::string path_of(const DesignText& design, const Selection& selection) {
    const auto found = selection.design_files.find(design.name());
    return found == selection.design_files.end() ? "model/designs/" + design.name() + ".cow"
                                                 : found->second;
}

}  // namespace

DesignPlace place_of(const SourceSpan& span, const DesignText& design,
                     const Selection& selection) {
    return {path_of(design, selection), span.line, span.column, {}};
}

DesignPlace essential_place(const Trace& trace, const DesignText& design,
                            const Selection& selection) {
    const std::string& file = design.chain.front()->file->name;
    for (const bool changing : {true, false})
        for (auto step = trace.steps.rbegin(); step != trace.steps.rend(); ++step) {
            const auto at = within(step->place, file);
            if (at && (!changing || !step->changes.empty()))
                return {path_of(design, selection), at->first, at->second, step->statement};
        }
    const ast::Design& own = design.design();
    return place_of(own.handlers.empty() ? own.span : own.handlers.front().span, design, selection);
}

}  // namespace cowcheck
