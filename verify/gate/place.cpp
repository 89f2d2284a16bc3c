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

bool is_own(const TraceStep& step, const DesignText& design) {
    const auto files = design.chain.front()->files();
    return std::any_of(files.begin(), files.end(), [&](const SourceFile* file) {
        return step.place.file == file->name;
    });
}

}  // namespace

// A user's file is called by its path already; the last text is the hardware's.
DesignPlace place_of(const SourceSpan& span, const DesignText& design, const Selection& selection) {
    std::string folder = "model/designs/";
    for (const auto& text : design.chain)
        for (const SourceFile* file : text->files())
            if (file == span.file && selection.design_files.contains(text->tree.name))
                folder.clear();
            else if (file == span.file && text == design.chain.back())
                folder = "model/hardware/";
    return {folder + span.file->name, span.line, span.column, {}};
}

DesignPlace place_of(const TraceStep& step, const DesignText& design, const Selection& selection) {
    for (const auto& text : design.chain)
        for (const SourceFile* file : text->files()) {
            if (file->name != step.place.file) continue;
            DesignPlace place =
                place_of(SourceSpan{file, step.place.line, step.place.column, 0}, design, selection);
            place.statement = step.statement.text;
            return place;
        }
    return {};
}

DesignPlace essential_place(const Trace& trace, const std::vector<unsigned>& preferred,
                            const DesignText& design, const Selection& selection) {
    for (const unsigned number : preferred)
        if (const TraceStep& step = trace.steps[number - 1]; is_own(step, design))
            return place_of(step, design, selection);
    for (const bool deciding : {true, false})
        for (auto step = trace.steps.rbegin(); step != trace.steps.rend(); ++step)
            if (is_own(*step, design) && (!deciding || decides(*step)))
                return place_of(*step, design, selection);
    const ast::Design& own = design.design();
    return place_of(own.handlers.empty() ? own.span : own.handlers.front().span, design, selection);
}

}  // namespace cowcheck
