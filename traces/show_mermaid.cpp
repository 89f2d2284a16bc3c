#include "traces/show_mermaid.h"

#include "traces/short_step.h"
#include "traces/text.h"

#include <algorithm>

namespace cowcheck {

namespace {

// Mermaid reads `;` as the end of a line, `#` as the start of a character's number
// and angle brackets as HTML.
std::string plain(std::string_view text) {
    std::string out;
    for (const char c : ascii(text)) {
        const std::string_view special = "#;<>{}\"%";
        if (special.find(c) != std::string_view::npos)
            out += "#" + std::to_string(static_cast<int>(c)) + ";";
        else
            out += c;
    }
    return out;
}

// A name that is nothing else in the language (`end` is).
std::string id_of(const std::string& name) {
    std::string id = "x_";
    for (const char c : ascii(name)) {
        const bool good =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        id += good ? c : '_';
    }
    return id;
}

class Diagram {
public:
    explicit Diagram(const Trace& trace) : trace_(trace) {}

    std::string run() {
        participants();
        for (const TraceStep& step : trace_.steps) add(step);
        flush();
        if (!trace_.steps.empty() && is_violated(trace_))
            lines_ += "    Note over " + id_of(trace_.steps.back().thread) + ": " +
                      plain(trace_.header.property.name) + " is violated\n";
        return "%% " + ascii(trace_.header.design.name) + ", world " +
               ascii(trace_.header.world.name) + ", " + ascii(trace_.header.property.name) + "\n" +
               "sequenceDiagram\n" + lines_;
    }

private:
    void participants() {
        std::vector<std::string> threads;
        std::vector<std::string> pages;
        const auto once = [](std::vector<std::string>& list, const std::string& name) {
            if (!name.empty() && std::find(list.begin(), list.end(), name) == list.end())
                list.push_back(name);
        };
        for (const TraceStep& step : trace_.steps) {
            once(threads, step.thread);
            for (const TraceEvent& event : step.events) {
                once(pages, event.source);
                once(pages, event.page);
            }
        }
        std::sort(threads.begin(), threads.end());
        std::sort(pages.begin(), pages.end());
        for (const std::string& thread : threads)
            lines_ += "    participant " + id_of(thread) + " as " + plain(title(thread)) + "\n";
        for (const std::string& page : pages)
            lines_ += "    participant " + id_of("page " + page) + " as page " + plain(page) + "\n";
    }

    std::string title(const std::string& thread) const {
        for (const TraceStep& step : trace_.steps)
            if (step.thread == thread && step.actor == Actor::cpu) return actor_name(step);
        return thread;
    }

    // What only matters to the thread itself is gathered in one note.
    void add(const TraceStep& step) {
        if (step.thread != thread_) flush();
        thread_ = step.thread;
        if (step.kind != StepKind::step) {
            flush();
            note(step.kind == StepKind::device ? to_text(step.call) : operation_text(step, false));
            flush();
        }
        const bool tells = std::any_of(step.events.begin(), step.events.end(),
                                       [](const TraceEvent& event) { return !event.page.empty(); });
        if (tells) {
            flush();
            for (const TraceEvent& event : step.events)
                if (!event.page.empty()) arrow(step, event);
        } else if (!is_boring(step) && step.kind != StepKind::device) {
            note(step_text(step));
        }
    }

    void arrow(const TraceStep& step, const TraceEvent& event) {
        const std::string page = id_of("page " + event.page);
        const bool copy = event.kind == EventKind::copy;
        const bool reads = event.kind == EventKind::load || event.kind == EventKind::dma_read;
        const std::string from = copy    ? id_of("page " + event.source)
                                 : reads ? page
                                         : id_of(step.thread);
        const std::string to = copy || !reads ? page : id_of(step.thread);
        std::string text = std::string(name_of(event.kind));
        if (!event.value.empty()) text += " " + event.value;
        if (event.pin) text += " through pin" + std::to_string(*event.pin);
        if (event.kind == EventKind::load && event.expected != event.value)
            text += ", not " + event.expected;
        lines_ += "    " + from + (reads ? "-->>" : "->>") + to + ": " + plain(text) + "\n";
    }

    void note(const std::string& text) { note_ += (note_.empty() ? "" : "<br/>") + plain(text); }

    void flush() {
        if (!note_.empty()) lines_ += "    Note over " + id_of(thread_) + ": " + note_ + "\n";
        note_.clear();
    }

    const Trace& trace_;
    std::string lines_;
    std::string thread_;
    std::string note_;
};

}  // namespace

std::string show_mermaid(const Trace& trace) { return Diagram(trace).run(); }

}  // namespace cowcheck
