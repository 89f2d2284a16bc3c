// --format text, and the words that all formats share.
#include "cli/formats/ablate.h"

#include "traces/text.h"
#include "verify/run/numbers.h"

#include "cowcheck_version.h"

#include <algorithm>
#include <cmath>

namespace cowcheck {

namespace {

std::string broken_text(const Broken& broken) {
    if (!broken.path.empty()) return "does not come to its end any more: " + broken.path;
    std::string text = "breaks " + broken.property + (broken.cost ? " (cost)" : "") + " in " +
                       broken.world + ", " + plural(broken.operations, "operation");
    if (broken.steps) text += ", " + plural(*broken.steps, "step");
    if (!broken.story.empty()) text += ": " + broken.story;
    if (!broken.trace.empty()) text += "; " + broken.trace;
    return text;
}

std::string unnoticed_text(const Judgement& judgement) {
    const std::string worlds = plural(judgement.worlds, "world");
    if (judgement.differing == 0)
        return "no world shows a difference: as many states as before in each of the " + worlds +
               " with this step";
    return "the states are others in " + std::to_string(judgement.differing) + " of the " + worlds +
           " with this step, and no property minds";
}

class Lines {
public:
    explicit Lines(std::size_t width) : width_(width) {}

    void add(std::size_t indent, const std::string& text) {
        if (width_ == 0) {
            text_ += std::string(indent, ' ') + text + "\n";
            return;
        }
        const std::size_t room = width_ > indent + 20 ? width_ - indent : 20;
        for (const std::string& line : wrap(printable(text), room, 2))
            text_ += std::string(indent, ' ') + line + "\n";
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::size_t width_;
    std::string text_;
};

std::string line_name(const ChangeResult& one) {
    return one.change.definition + ":" + std::to_string(one.change.line) + " (" + one.place.file +
           ":" + std::to_string(one.place.line) + ")";
}

// Those of one fate, each statement's line once.
void add_changes(const AblateReport& report, Fate fate, Lines& lines) {
    std::string before;
    for (const ChangeResult& one : report.results) {
        if (one.judgement.fate != fate) continue;
        if (const std::string name = line_name(one); name != before) {
            lines.add(2, name);
            before = name;
        }
        lines.add(4, one.change.what);
        if (const std::string text = fate_text(one); !text.empty()) lines.add(6, text);
        if (!one.kept.empty()) lines.add(6, "the text: " + one.kept);
    }
}

std::string heading_of(Fate fate) {
    switch (fate) {
    case Fate::unnoticed: return "unnoticed";
    case Fate::undecided: return "undecided";
    case Fate::equivalent: return "equivalent, as the text argues";
    case Fate::needed: return "needed";
    default: break;
    }
    return "the same program in every world";
}

}  // namespace

std::string percent_text(const std::optional<double>& rate) {
    // 99.9 % is not all of it.
    return rate ? std::to_string(static_cast<int>(std::floor(*rate * 100))) + " %" : "-";
}

std::string fate_text(const ChangeResult& result) {
    const Judgement& judgement = result.judgement;
    switch (judgement.fate) {
    case Fate::needed: return broken_text(judgement.broken);
    case Fate::unnoticed: return unnoticed_text(judgement);
    case Fate::equivalent:
    case Fate::undecided: return judgement.why;
    default: break;
    }
    return {};
}

std::string ablate_summary(const AblateReport& report) {
    const std::size_t needed = report.count(Fate::needed);
    const std::size_t unnoticed = report.count(Fate::unnoticed);
    const std::size_t marked = report.count(Fate::equivalent);
    std::string text = std::to_string(needed) + " of " +
                       plural(needed + unnoticed + marked, "wrong change") + " noticed (" +
                       percent_text(report.rate(false));
    if (marked > 0)
        text += "; " + percent_text(report.rate(true)) + " without " + std::to_string(marked) +
                " that the text explains";
    text += "), " + std::to_string(unnoticed) + " unnoticed";
    if (const std::size_t same = report.count(Fate::same_program); same > 0)
        text += "; " + std::to_string(same) + (same == 1 ? " is" : " are") + " the same program";
    if (const std::size_t open = report.count(Fate::undecided); open > 0)
        text += "; " + std::to_string(open) + " undecided";
    if (report.refused > 0) text += "; the compiler refuses " + std::to_string(report.refused);
    if (report.unreached > 0)
        text += "; " + std::to_string(report.unreached) + " of what no world comes to";
    return text;
}

std::string ablate_text(const AblateReport& report, const AblateTextStyle& style) {
    Lines lines(style.width);
    lines.add(0, "cowcheck " + std::string(version) + ": wrong changes of " + report.design + ", " +
                     plural(report.worlds, "world"));
    lines.add(0, ablate_summary(report) + "; " + duration_text(report.seconds));
    std::vector<Fate> listed{Fate::unnoticed, Fate::undecided};
    if (style.lists)
        listed = {Fate::unnoticed, Fate::undecided, Fate::equivalent, Fate::needed,
                  Fate::same_program};
    for (const Fate fate : listed) {
        if (report.count(fate) == 0) continue;
        lines.add(0, "");
        lines.add(0, heading_of(fate));
        add_changes(report, fate, lines);
    }
    if (!report.idle_marks.empty()) {
        lines.add(0, "");
        lines.add(0, "marks that explain nothing: each change there is noticed, or is no other "
                     "program");
    }
    for (const IdleMark& mark : report.idle_marks)
        lines.add(2, mark.place.file + ":" + std::to_string(mark.place.line) + ": " + mark.why);
    if (!report.stop_text.empty()) {
        lines.add(0, "");
        lines.add(0, "stopped: " + report.stop_text);
    }
    return lines.take();
}

}  // namespace cowcheck
