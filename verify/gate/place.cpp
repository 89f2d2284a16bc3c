#include "verify/gate/place.h"

#include <algorithm>
#include <array>

namespace cowcheck {

namespace {

// A guard, or a step that changes more than who holds a lock.
bool decides(const TraceStep& step) {
    static constexpr std::array<std::string_view, 4> locks{"ptl", "mmap_readers", "mmap_writer",
                                                           "locked"};
    const auto is_lock = [](const StateChange& change) {
        return std::any_of(locks.begin(), locks.end(),
                           [&](std::string_view lock) { return change.field == lock; });
    };
    return step.statement.is_guard() ||
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
            for (const SourceFile* file : design.chain.front()->files())
                if (step->place.file == file->name && (!deciding || decides(*step)))
                    return {path_of(*file, design, selection), step->place.line,
                            step->place.column, step->statement.text};
    const ast::Design& own = design.design();
    return place_of(own.handlers.empty() ? own.span : own.handlers.front().span, design, selection);
}

}  // namespace cowcheck
