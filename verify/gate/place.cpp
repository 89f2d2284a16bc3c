#include "verify/gate/place.h"

#include "traces/names.h"

#include <algorithm>
#include <array>
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

// A guard, or a step that changes more than who holds a lock.
bool decides(const TraceStep& step) {
    static constexpr std::array<std::string_view, 4> locks{".ptl", ".mmap_readers", ".mmap_writer",
                                                           ".locked"};
    const auto is_lock = [](const StateChange& change) {
        return std::any_of(locks.begin(), locks.end(),
                           [&](std::string_view lock) { return change.what.ends_with(lock); });
    };
    return is_guard(step.statement) ||
           !std::all_of(step.changes.begin(), step.changes.end(), is_lock);
}

// A user's file is called by its path already.
std::string path_of(const SourceFile& file, const DesignText& design, const Selection& selection) {
    return selection.design_files.contains(design.name()) ? file.name
                                                          : "model/designs/" + file.name;
}

}  // namespace

DesignPlace place_of(const SourceSpan& span, const DesignText& design, const Selection& selection) {
    return {path_of(*span.file, design, selection), span.line, span.column, {}};
}

DesignPlace essential_place(const Trace& trace, const DesignText& design,
                            const Selection& selection) {
    for (const bool deciding : {true, false})
        for (auto step = trace.steps.rbegin(); step != trace.steps.rend(); ++step)
            for (const SourceFile* file : design.chain.front()->files()) {
                const auto at = within(step->place, file->name);
                if (at && (!deciding || decides(*step)))
                    return {path_of(*file, design, selection), at->first, at->second,
                            step->statement};
            }
    const ast::Design& own = design.design();
    return place_of(own.handlers.empty() ? own.span : own.handlers.front().span, design, selection);
}

}  // namespace cowcheck
