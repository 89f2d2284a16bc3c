// One cell of the history: how the design violates the property, and what mended it.
#pragma once

#include "model/library.h"
#include "traces/trace.h"
#include "verify/history/design_changes.h"
#include "verify/history/known_bugs.h"

#include <optional>
#include <string>
#include <vector>

namespace cowcheck {

// A schedule that violates the property, and where.
struct ShownBy {
    World world;
    Trace trace;
};

// The first later design in which the world does not show it any more.
struct HistoryRemoval {
    struct Changed {
        DesignChange text;
        bool needed = false;  // with the old text in the later design it is violated again
    };
    std::string design;
    std::string title;
    std::vector<Changed> changes;  // of the handlers that the schedule runs through
};

struct HistoryStory {
    std::string design;
    std::string property;
    std::optional<ShownBy> shown;       // the shortest; nothing: it holds in every world
    std::vector<KnownBug> bugs;         // of this cell, in whichever world
    std::optional<HistoryRemoval> removal;
    std::optional<std::string> earlier;  // where it holds: the last design before that does not
};

// Throws BadInput for what is not there, Faulted for what can't be told.
[[nodiscard]] HistoryStory why(Library& library, const std::string& design,
                               const std::string& property, unsigned threads);

}  // namespace cowcheck
