#include "traces/show_text.h"

#include "traces/text.h"

#include <map>

namespace cowcheck {

namespace {

constexpr std::size_t text_width = 96;
constexpr std::size_t place_column = 60;
constexpr std::string_view under_number = "       ";

std::string named(std::string_view label, const TraceText& text) {
    std::string line = "  " + std::string(label) + text.name;
    if (!text.path.empty()) line += " (" + text.path + ")";
    if (!text.title.empty()) line += ": " + text.title;
    return line + "\n";
}

std::string header(const Trace& trace) {
    const TraceHeader& h = trace.header;
    std::string text = "Design " + h.design.name + std::string(verb_of(trace)) + h.property.name +
                       (h.property.cost ? " (a cost)" : "") + ": " +
                       counted(trace.operations, "operation") + ", " +
                       counted(trace.steps.size(), "step") + "\n";
    if (!h.property.meaning.empty()) text += "  property " + h.property.meaning + "\n";
    text += named("design   ", h.design) + named("world    ", h.world);
    text += "  bounds   depth " + std::to_string(h.depth) + ", concurrency " +
            (h.concurrency == 0 ? "all" : std::to_string(h.concurrency)) + "\n";
    if (!h.outside.empty()) text += "  outside  " + outside_text(h) + "\n";
    return text + "  cowcheck " + h.tool_version + "\n";
}

std::string operation_line(const TraceStep& step, bool starts) {
    std::string text = "\n[" + std::to_string(step.operation) + "] " + actor_name(step) + ": " +
                       to_text(step.call);
    if (names_its_process(step) || step.kind == StepKind::device)
        text += step.process.empty() ? "" : ", on " + step.process;
    if (step.va) text += ", virtual page " + std::to_string(*step.va);
    if (step.pin) text += ", pin" + std::to_string(*step.pin);
    return text + (starts ? "" : " (goes on)") + "\n";
}

std::string number_column(std::size_t number) {
    std::string text = std::to_string(number);
    text.insert(0, text.size() < 5 ? 5 - text.size() : 0, ' ');
    return text + "  ";
}

// "page.mapcount == 1: yes" and, far to the right, where that stands.
std::string statement_line(std::size_t number, const TraceStep& step, std::size_t indent) {
    std::string line = number_column(number) + std::string(indent, ' ') + what_it_does(step);
    if (step.guard) line += *step.guard ? "  -> yes" : "  -> no";
    if (step.place.empty()) return line + "\n";
    line.append(line.size() + 2 < place_column ? place_column - line.size() : 2, ' ');
    return line + to_text(step.place) + "\n";
}

std::string change_text(const StateChange& change) {
    const std::string from = to_text(change.from);
    return change.field + " " + (from == "-" ? "" : from + " -> ") + to_text(change.to);
}

// Changes of one element on one line: "page A: refcount 1 -> 2, mapcount 1 -> 2".
std::string change_lines(const TraceStep& step, std::size_t indent) {
    std::string text;
    const StateChange* of = nullptr;  // the first one on the line
    std::string line;
    const auto flush = [&] {
        if (of == nullptr) return;
        const std::string margin = std::string(under_number) + std::string(indent + 4, ' ');
        const std::size_t room = text_width > margin.size() + 30 ? text_width - margin.size() : 30;
        for (const std::string& part :
             wrap(element_text(of->scope, of->element) + ": " + line, room, 4))
            text += margin + part + "\n";
    };
    for (const StateChange& change : step.changes) {
        if (of == nullptr || !of->is_of(change)) {
            flush();
            of = &change;
            line.clear();
        }
        line += (line.empty() ? "" : ", ") + change_text(change);
    }
    flush();
    return text;
}

std::string event_lines(const TraceStep& step, std::size_t indent) {
    std::string text;
    if (step.transient != 0)
        text += std::string(under_number) + std::string(indent + 4, ' ') + "* meanwhile" +
                transient_text(step.transient) + "\n";
    for (const TraceEvent& event : step.events) {
        text +=
            std::string(under_number) + std::string(indent + 4, ' ') + "* " + to_text(event, step);
        if (event.kind == EventKind::load && event.expected != event.value)
            text += ", but should read " + event.expected;
        text += "\n";
    }
    return text;
}

}  // namespace

std::string show_text(const Trace& trace) {
    std::string text = header(trace);
    std::map<unsigned, std::vector<HandlerName>> paths;  // by operation: where it was last
    unsigned shown = 0;
    for (std::size_t i = 0; i < trace.steps.size(); ++i) {
        const TraceStep& step = trace.steps[i];
        auto& path = paths[step.operation];
        const auto& now = step.handlers;
        if (step.operation != shown) {
            text += operation_line(step, step.kind != StepKind::step);
            shown = step.operation;
        }
        for (std::size_t level = std::max<std::size_t>(1, common_prefix(path, now));
             level < now.size(); ++level)
            text += std::string(under_number) + std::string(2 * (level - 1), ' ') +
                    to_text(now[level]) + ":\n";
        path = now;
        const std::size_t indent = now.empty() ? 0 : 2 * (now.size() - 1);
        text += statement_line(i + 1, step, indent) + change_lines(step, indent) +
                event_lines(step, indent);
    }
    const std::string ending = ending_of(trace);
    text += "\n";
    for (const std::string& line : wrap(ending, text_width)) text += line + "\n";
    std::string out;
    for (std::size_t at = 0; at < text.size();) {  // line by line, for what the trace brings along
        const std::size_t end = text.find('\n', at);
        out += printable(std::string_view(text).substr(at, end - at)) + "\n";
        at = end + 1;
    }
    return out;
}

}  // namespace cowcheck
