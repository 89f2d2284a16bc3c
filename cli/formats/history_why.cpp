#include "cli/formats/history.h"

#include "traces/show_columns.h"
#include "verify/run/numbers.h"

namespace cowcheck {

namespace {

std::string bugs_text(const HistoryStory& story) {
    std::string text;
    for (const KnownBug& bug : story.bugs) {
        const bool this_one = bug.world == story.shown->world.name;
        text += (this_one ? "It is " : "Also in this cell: ") + bug.id + ", " + bug.what + " (" +
                bug.reference + ")" + (this_one ? "" : ", in world " + bug.world) + ".\n";
    }
    return text;
}

std::string removal_text(const HistoryStory& story) {
    if (!story.removal) return "No later design removes it.\n";
    const HistoryRemoval& removal = *story.removal;
    std::string text = "The first later design in which world " + story.shown->world.name +
                       " does not show it any more\nis " + removal.design + ": " + removal.title +
                       ".\n";
    for (const HistoryRemoval::Changed& change : removal.changes)
        text += "\n" + change.text.name + ", " + story.design + " and " + removal.design +
                (change.needed
                     ? " (with the old text in " + removal.design + " it is violated again):\n"
                     : ":\n") +
                diff_of(change.text);
    return text;
}

}  // namespace

std::string history_why(const HistoryStory& story) {
    if (!story.shown)
        return story.design + " holds " + story.property + " in every world of the history.\n" +
               (story.earlier ? "The design before it that does not: cowcheck history --why " +
                                    *story.earlier + " " + story.property + "\n"
                              : "So does every design before it.\n");
    return story.design + " violates " + story.property + " by " +
           plural(story.shown->trace.operations, "operation") + " in world " +
           story.shown->world.name + ".\n" + bugs_text(story) + "\n" +
           show_columns(story.shown->trace) + "\n" + removal_text(story);
}

}  // namespace cowcheck
