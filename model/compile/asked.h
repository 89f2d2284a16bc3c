// What the properties look at, and which reductions are sound for that: read off their text.
// The arguments are in docs/internals-reduction.md and docs/internals-canonical-form.md.
#pragma once

#include "model/compile/design_text.h"
#include "model/machine/program.h"

#include <set>
#include <string>
#include <vector>

namespace cowcheck {

// What one clause asks for. A reduction that its text does not show to be sound has a reason
// against it: what was asked for.
struct ClauseReads {
    bool page_tables = false;  // of any process, also of one that does not run yet
    // Fields of pages or processes, while handlers may be under way: of elements that nothing need
    // lead to, of pages that a pin or a secondary MMU leads to, of what the event is about.
    bool any_element = false;
    bool reached_page = false;
    bool events_page = false;
    // Whether operations can go on, or only go round (model/machine/expand.h).
    bool deadlock = false;
    bool livelock = false;
    std::string against_joining;
    std::string against_forgetting;  // ghosts that nobody can come to ask for
    std::string against_renaming;    // frames
};

[[nodiscard]] ClauseReads reads_of(const ast::Clause& clause,
                                   const std::vector<ast::Predicate>& predicates,
                                   const World& world);

}  // namespace cowcheck
