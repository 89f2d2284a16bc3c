#include "cli/history_why.h"

#include "cli/bad_input.h"
#include "cli/check_run.h"
#include "cli/design_changes.h"
#include "cli/fault.h"
#include "cli/known_bugs.h"
#include "cli/numbers.h"
#include "cli/traces_of_runs.h"
#include "model/machine/lost_schedule.h"
#include "traces/show_columns.h"

#include <algorithm>

namespace cowcheck {

namespace {

using Strings = std::vector<std::string>;

// A schedule that violates the property, and where.
struct Story {
    World world;
    Trace trace;
};

class Teller {
public:
    Teller(Library& library, std::string property, unsigned threads)
        : library_(library), property_(std::move(property)), known_(known_bugs()) {
        options_.threads = threads;
        selection_.all_properties = false;
        selection_.properties.insert(property_);
        properties_ = selected_properties(library_, selection_);
    }

    std::string tell(const std::string& design);

private:
    std::optional<Story> story_in(const std::string& design, const World& world);
    std::optional<Story> shortest(const std::string& design);
    std::string other_bugs(const std::string& design, const Story& story) const;
    std::string removal(const std::string& design, const Story& story);
    std::string holds(const std::string& design);
    bool needed(const DesignText& after, const DesignChange& change, const World& world);

    Library& library_;
    std::string property_;
    KnownBugs known_;
    CheckOptions options_;
    Selection selection_;
    PropertySet properties_;
    unsigned trials_ = 0;
};

std::optional<Story> Teller::story_in(const std::string& design, const World& world) {
    options_.depth = world.depth;
    CheckRun run(find_design(library_, design), properties_, property_ == assertions_name, world,
                 options_);
    run.begin(options_.threads);
    const std::size_t place = property_ == assertions_name ? properties_.properties.size() : 0;
    const Stop stop;
    while (run.wants_more()) {
        (void)run.deepen(stop);
        if (const Violation* violation = run.violation_of(place)) {
            try {
                return Story{world, make_trace({library_, selection_, options_}, run, *violation,
                                               property_)};
            } catch (const LostSchedule& error) {
                run.set_fault(place, error.what());
            }
        }
        if (const std::string fault = run.fault_of(place); !fault.empty()) {
            report_fault(library_, {design, world.name, property_, fault}, ".");
            throw Faulted();  // it is all that was asked for
        }
    }
    return std::nullopt;
}

std::optional<Story> Teller::shortest(const std::string& design) {
    std::optional<Story> best;
    const auto numbered = [&](const Story& story) {
        return known_.find(design, story.world.name, property_) != nullptr;
    };
    for (const std::string& world : known_.worlds()) {
        auto story = story_in(design, find_world(library_, world));
        if (!story) continue;
        const bool shorter = !best || story->trace.operations < best->trace.operations;
        const bool as_short = best && story->trace.operations == best->trace.operations;
        if (shorter || (as_short && numbered(*story) && !numbered(*best))) best = std::move(story);
    }
    return best;
}

// Names of the handlers that the schedule runs through, those near its end first: what
// goes wrong last is what was changed.
Strings handlers_of(const Trace& trace) {
    Strings names;
    for (auto step = trace.steps.rbegin(); step != trace.steps.rend(); ++step) {
        std::string_view rest = step->handler;
        while (!rest.empty()) {
            const std::size_t arrow = rest.find(" > ");
            const std::string name(rest.substr(0, arrow));
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
            rest = arrow == std::string_view::npos ? "" : rest.substr(arrow + 3);
        }
    }
    return names;
}

// Whether the violation is back when the later design has this one text as it was.
bool Teller::needed(const DesignText& after, const DesignChange& change, const World& world) {
    if (change.before.empty()) return false;
    const std::string name = "without-" + std::to_string(++trials_);
    Diagnostics out;
    if (!library_.add_design(name + ".cow",
                             "design " + name + " extends " + after.name() + "\n\n" + change.before,
                             out))
        return false;
    try {
        return story_in(name, world).has_value();
    } catch (const BadInput&) {
        return false;  // the old text does not fit by itself
    }
}

std::string Teller::removal(const std::string& design, const Story& story) {
    const Strings names = library_.design_names();
    for (auto later = std::find(names.begin(), names.end(), design) + 1; later != names.end();
         ++later) {
        if (story_in(*later, story.world)) continue;
        const DesignText before = find_design(library_, design);
        const DesignText after = find_design(library_, *later);
        std::string text = "The first later design in which world " + story.world.name +
                           " does not show it any more\nis " + *later + ": " +
                           after.design().title + ".\n";
        for (const DesignChange& change : changes_between(before, after, handlers_of(story.trace)))
            text += "\n" + change.name + ", " + design + " and " + *later +
                    (needed(after, change, story.world)
                         ? " (with the old text in " + *later + " it is violated again):\n"
                         : ":\n") +
                    diff_of(change);
        return text;
    }
    return "No later design removes it.\n";
}

std::string Teller::other_bugs(const std::string& design, const Story& story) const {
    std::string text;
    for (const KnownBug& bug : known_.bugs)
        if (bug.property == property_ && known_.find(design, bug.world, property_) == &bug) {
            const bool this_one = bug.world == story.world.name;
            text += (this_one ? "It is " : "Also in this cell: ") + bug.id + ", " + bug.what +
                    " (" + bug.reference + ")" + (this_one ? "" : ", in world " + bug.world) +
                    ".\n";
        }
    return text;
}

std::string Teller::holds(const std::string& design) {
    const Strings names = library_.design_names();
    std::string text = design + " holds " + property_ + " in every world of the history.\n";
    for (auto earlier = std::find(names.begin(), names.end(), design); earlier != names.begin();) {
        --earlier;
        if (shortest(*earlier))
            return text + "The design before it that does not: cowcheck history --why " + *earlier +
                   " " + property_ + "\n";
    }
    return text + "So does every design before it.\n";
}

std::string Teller::tell(const std::string& design) {
    const auto story = shortest(design);
    if (!story) return holds(design);
    return design + " violates " + property_ + " by " +
           plural(story->trace.operations, "operation") + " in world " + story->world.name + ".\n" +
           other_bugs(design, *story) + "\n" + show_columns(story->trace) + "\n" +
           removal(design, *story);
}

}  // namespace

std::string why(Library& library, const std::string& design, const std::string& property,
                unsigned threads) {
    (void)find_design(library, design);
    if (property != assertions_name) (void)find_property(library, property);
    return Teller(library, property, threads).tell(design);
}

}  // namespace cowcheck
