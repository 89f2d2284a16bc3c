#include "traces/show_markdown.h"

#include "traces/short_step.h"
#include "traces/text.h"

#include <algorithm>

namespace cowcheck {

namespace {

// Text that no Markdown reader takes for markup.
std::string plain(std::string_view text) {
    std::string out;
    for (const char c : printable(text)) {
        if (std::string_view("\\`*_[]<>|#").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

// As code within a table: a bar would end the cell, a backtick the code.
std::string code(std::string_view text) {
    std::string out = "`";
    for (const char c : printable(text))
        out += c == '`' ? std::string("'") : c == '|' ? "\\|" : std::string(1, c);
    return out + "`";
}

std::vector<std::string> actors_of(const Trace& trace) {
    std::vector<std::string> actors;
    for (const TraceStep& step : trace.steps)
        if (std::find(actors.begin(), actors.end(), step.thread) == actors.end())
            actors.push_back(step.thread);
    std::sort(actors.begin(), actors.end());
    return actors;
}

std::string row(std::size_t number, const std::string& cell, std::size_t column,
                std::size_t columns) {
    std::string text = "| " + (number == 0 ? std::string() : std::to_string(number)) + " |";
    for (std::size_t i = 0; i < columns; ++i) text += i == column ? " " + cell + " |" : " |";
    return text + "\n";
}

}  // namespace

std::string show_markdown(const Trace& trace) {
    const TraceHeader& h = trace.header;
    std::string text = "## " + plain(h.design.name) +
                       (trace.explanation.empty() ? ": property " : std::string(verb_of(trace))) +
                       plain(h.property.name) + "\n\n";
    if (!h.property.meaning.empty()) text += "> " + plain(h.property.meaning) + "\n\n";
    text += "World " + plain(h.world.name) + ", " + counted(trace.operations, "operation") + ", " +
            counted(trace.steps.size(), "step") + ".\n\n";
    const auto actors = actors_of(trace);
    if (!actors.empty()) {
        std::string rule = "|---:|";
        text += "| step |";
        for (const std::string& actor : actors) {
            text += " " + plain(actor) + " |";
            rule += "---|";
        }
        text += "\n" + rule + "\n";
    }
    const bool pages = std::any_of(trace.steps.begin(), trace.steps.end(),
                                   [](const TraceStep& step) { return step.va.value_or(0) != 0; });
    for (std::size_t i = 0; i < trace.steps.size(); ++i) {
        const TraceStep& step = trace.steps[i];
        const auto column = static_cast<std::size_t>(
            std::find(actors.begin(), actors.end(), step.thread) - actors.begin());
        if (step.kind == StepKind::start)
            text += row(0,
                        "**" + plain(operation_text(step, pages)) + "**" +
                            (step.actor == Actor::cpu ? " (" + plain(step.process) + ")" : ""),
                        column, actors.size());
        text +=
            row(i + 1, code(step.kind == StepKind::device ? device_text(step) : step_text(step)),
                column, actors.size());
    }
    // The property stands out.
    return text + "\n" +
           (is_violated(trace) ? "**" + plain(h.property.name) +
                                     "** is violated: " + plain(trace.explanation) + "."
                               : plain(ending_of(trace))) +
           "\n";
}

}  // namespace cowcheck
