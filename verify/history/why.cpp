#include "verify/history/why.h"

#include "model/machine/lost_schedule.h"
#include "verify/run/bad_input.h"
#include "verify/run/check_run.h"
#include "verify/run/counterexample.h"
#include "verify/run/fault.h"
#include "verify/run/left_out.h"
#include "verify/run/selection.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace cowcheck {

namespace {

using Strings = std::vector<std::string>;

class Teller {
public:
    Teller(Library& library, const std::string& property, unsigned threads)
        : library_(library), known_(known_bugs()), threads_(threads) {
        selection_.properties = only(library, property);
        selection_.assertions = property == assertions_name;
        cell_.property = property;
    }

    [[nodiscard]] HistoryStory tell(const std::string& design);

private:
    std::optional<ShownBy> shown_in(const DesignText& design, const World& world);
    std::optional<ShownBy> shortest(const std::string& design);
    void find_bugs();
    void find_removal();
    void find_earlier();
    bool needed(const DesignText& after, const DesignChange& change);

    Library& library_;
    KnownBugs known_;
    unsigned threads_;
    Selection selection_;
    HistoryStory cell_;
    unsigned trials_ = 0;
};

std::optional<ShownBy> Teller::shown_in(const DesignText& design, const World& world) {
    if (left_out(design, world)) return std::nullopt;
    const RunOptions options{{world.depth}, {}};
    CheckRun run(design, selection_.properties, selection_.assertions, world, options);
    run.begin(threads_);
    // The one that was selected, or the assertions behind all.
    const std::size_t place = 0;
    const Stop stop;
    while (run.wants_more()) {
        (void)run.deepen(stop);
        if (const Violation* violation = run.violation_of(place)) {
            try {
                return ShownBy{
                    world, make_trace({library_, selection_, options}, run, *violation,
                                      cell_.property)};
            } catch (const LostSchedule& error) {
                run.set_fault(place, error.what());
            }
        }
        if (const std::string fault = run.fault_of(place); !fault.empty())
            throw Faulted({design.name(), world.name, cell_.property, fault});
    }
    return std::nullopt;
}

std::optional<ShownBy> Teller::shortest(const std::string& design) {
    std::optional<ShownBy> best;
    const DesignText text = find_design(library_, design);
    const auto numbered = [&](const ShownBy& one) {
        return known_.find(design, one.world.name, cell_.property) != nullptr;
    };
    for (const std::string& world : known_.worlds()) {
        auto found = shown_in(text, find_world(library_, world));
        if (!found) continue;
        const bool shorter = !best || found->trace.operations < best->trace.operations;
        const bool as_short = best && found->trace.operations == best->trace.operations;
        if (shorter || (as_short && numbered(*found) && !numbered(*best))) best = std::move(found);
    }
    return best;
}

// Names of the handlers that the schedule runs through, those near its end first: what
// goes wrong last is what was changed.
Strings handlers_of(const Trace& trace) {
    Strings names;
    for (auto step = trace.steps.rbegin(); step != trace.steps.rend(); ++step) {
        for (const HandlerName& handler : step->handlers) {
            const std::string name = to_text(handler);
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
        }
    }
    return names;
}

// Whether the violation is back when the later design has this one text as it was.
bool Teller::needed(const DesignText& after, const DesignChange& change) {
    if (change.before.empty()) return false;
    const std::string name = "without-" + std::to_string(++trials_);
    Diagnostics out;
    if (!library_.add_design(name + ".cow",
                             "design " + name + " extends " + after.name() + "\n\n" + change.before,
                             out))
        return false;
    try {
        return shown_in(find_design(library_, name), cell_.shown->world).has_value();
    } catch (const BadInput&) {
        return false;  // the old text does not fit by itself
    }
}

// The first later design in which the world does not show it any more.
void Teller::find_removal() {
    const Strings names = library_.design_names();
    for (auto later = std::find(names.begin(), names.end(), cell_.design) + 1;
         later != names.end(); ++later) {
        const DesignText after = find_design(library_, *later);
        if (left_out(after, cell_.shown->world) || shown_in(after, cell_.shown->world)) continue;
        HistoryRemoval removal{*later, after.design().title, {}};
        for (DesignChange& change : changes_between(find_design(library_, cell_.design), after,
                                                    handlers_of(cell_.shown->trace))) {
            const bool is_needed = needed(after, change);
            removal.changes.push_back({std::move(change), is_needed});
        }
        cell_.removal = std::move(removal);
        return;
    }
}

void Teller::find_bugs() {
    for (const KnownBug& bug : known_.bugs)
        if (bug.property == cell_.property &&
            known_.find(cell_.design, bug.world, cell_.property) == &bug)
            cell_.bugs.push_back(bug);
}

void Teller::find_earlier() {
    const Strings names = library_.design_names();
    for (auto earlier = std::find(names.begin(), names.end(), cell_.design);
         earlier != names.begin();)
        if (shortest(*--earlier)) {
            cell_.earlier = *earlier;
            return;
        }
}

HistoryStory Teller::tell(const std::string& design) {
    cell_.design = design;
    cell_.shown = shortest(design);
    if (cell_.shown) {
        find_bugs();
        find_removal();
    } else {
        find_earlier();
    }
    return std::move(cell_);
}

}  // namespace

HistoryStory why(Library& library, const std::string& design, const std::string& property,
                 unsigned threads) {
    (void)find_design(library, design);
    return Teller(library, property, threads).tell(design);
}

}  // namespace cowcheck
