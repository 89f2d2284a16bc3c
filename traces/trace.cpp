#include "traces/trace.h"

#include <algorithm>
#include <array>

namespace cowcheck {

namespace {

constexpr std::array<std::string_view, 11> event_kinds{
    "load", "store", "dma_read", "dma_write", "unpin",   "userfault",
    "copy", "fork",  "free",     "underflow", "overflow"};

constexpr std::array<std::string_view, 3> step_kinds{"start", "step", "device"};

constexpr std::array<std::string_view, 8> element_kinds{"process", "pte", "vma", "spte",
                                                        "page",    "pin", "tlb", "thread"};

constexpr std::array<std::string_view, 6> actors{"cpu",    "monitor",       "procfs",
                                                 "kernel", "secondary_mmu", "device"};

template <class Kind, class Names>
std::optional<Kind> find_in(const Names& names, std::string_view name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<Kind>(found - names.begin());
}

std::string number_text(const std::optional<unsigned>& number) {
    return number ? std::to_string(*number) : "?";
}

}  // namespace

std::string to_text(const FieldValue& value) {
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "yes" : "no";
    if (const auto* number = std::get_if<unsigned>(&value)) return std::to_string(*number);
    const auto& text = std::get<std::string>(value);
    return text.empty() ? "-" : text;
}

std::string_view name_of(EventKind kind) { return event_kinds[static_cast<std::size_t>(kind)]; }

std::optional<EventKind> find_event_kind(std::string_view name) {
    return find_in<EventKind>(event_kinds, name);
}

std::string_view name_of(StepKind kind) { return step_kinds[static_cast<std::size_t>(kind)]; }

std::optional<StepKind> find_step_kind(std::string_view name) {
    return find_in<StepKind>(step_kinds, name);
}

std::string_view name_of(ElementKind kind) { return element_kinds[static_cast<std::size_t>(kind)]; }

std::optional<ElementKind> find_element_kind(std::string_view name) {
    return find_in<ElementKind>(element_kinds, name);
}

std::string_view name_of(Actor actor) { return actors[static_cast<std::size_t>(actor)]; }

std::optional<Actor> find_actor(std::string_view name) { return find_in<Actor>(actors, name); }

std::string element_text(ElementKind kind, const std::string& element) {
    return (kind == ElementKind::page ? "page " : "") + element;
}

std::string field_text(const StateChange& change) {
    return element_text(change.scope, change.element) + "." + change.field;
}

std::string to_text(const StateChange& change) {
    return field_text(change) + ": " + to_text(change.from) + " -> " + to_text(change.to);
}

std::string to_text(const TraceOperation& operation) {
    std::string flags;
    for (const std::string& flag : operation.flags) flags += (flags.empty() ? "" : ", ") + flag;
    return operation.name + (flags.empty() ? "" : "(" + flags + ")");
}

std::string to_text(const TracePlace& place) {
    if (place.empty()) return {};
    return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

std::string to_text(const std::vector<HandlerName>& handlers) {
    std::string text;
    for (const HandlerName& one : handlers) text += (text.empty() ? "" : " > ") + to_text(one);
    return text;
}

std::string what_it_does(const TraceStep& step) {
    return step.statement.text.empty() ? to_text(step.call) : step.statement.text;
}

bool names_its_process(const TraceStep& step) {
    return step.actor == Actor::monitor || step.actor == Actor::procfs;
}

std::string actor_name(const TraceStep& step) {
    if (step.kind == StepKind::device || step.process.empty()) return step.thread;
    return step.thread + " (" + step.process + ")";
}

// "parent's tlb_flush_pending", "invalidating of parent's virtual page 0", "mapcount of page A"
std::string counted_text(const TraceEvent& event) {
    if (!event.page.empty())
        return (event.count.empty() ? "refcount" : event.count) + " of page " + event.page;
    if (event.va)
        return event.count + " of " + event.process + "'s virtual page " + number_text(event.va);
    return event.process + "'s " + event.count;
}

std::string words_behind_thread(const TraceEvent& event, const TraceStep& step) {
    const std::string page = "page " + event.page;
    if (event.kind == EventKind::load) return "reads " + event.value + " from " + page;
    if (event.kind == EventKind::store) return "stores " + event.value + " into " + page;
    return to_text(event, step);
}

std::string to_text(const TraceEvent& event, const TraceStep& step) {
    const std::string page = "page " + event.page;
    const std::string through = " through pin" + number_text(event.pin);
    switch (event.kind) {
    case EventKind::load:
    case EventKind::store: return step.thread + " " + words_behind_thread(event, step);
    case EventKind::dma_read:
        return "the holder of pin" + number_text(event.pin) + " reads " + event.value + " from " +
               page;
    case EventKind::dma_write:
        return "the device writes " + event.value + " into " + page + through;
    case EventKind::unpin: return "pin" + number_text(event.pin) + " of " + page + " goes";
    case EventKind::userfault:
        return "the monitor is told of a write-protect fault of " + event.process +
               " on its virtual page " + number_text(event.va);
    case EventKind::copy:
        return "page " + event.source + ", which holds " + event.value + ", is copied to " + page;
    case EventKind::fork: return event.process + " starts to run";
    case EventKind::free: return page + " is freed";
    case EventKind::underflow:
        if (event.count.empty()) return "a reference to " + page + " is dropped that nobody had";
        return counted_text(event) + " would get smaller than 0";
    case EventKind::overflow:
        return counted_text(event) + " would get larger than " + event.value +
               ", the most that a state can keep of it";
    }
    return {};
}

bool is_violated(const Trace& trace) {
    return !trace.explanation.empty() && trace.header.property.name != outcome_name;
}

std::string_view verb_of(const Trace& trace) {
    if (is_violated(trace)) return " violates ";
    return trace.explanation.empty() ? ", property " : " has the ";
}

std::string ending_of(const Trace& trace) {
    if (trace.explanation.empty()) return "Nothing is violated.";
    return (is_violated(trace) ? trace.header.property.name + " is violated: " : "The outcome: ") +
           trace.explanation + ".";
}

std::string transient_text(unsigned number) {
    if (number == 0) return {};
    return " with " + std::to_string(number) + " transient reference" + (number == 1 ? "" : "s") +
           " from outside";
}

std::string outside_text(const TraceHeader& header) {
    std::string numbers;
    for (const TraceOutside& one : header.outside) {
        numbers += (numbers.empty() ? "" : ", ") + std::to_string(one.number);
        if (header.outside.size() > 1)
            numbers += std::string(one.mappings ? " mappings" : " references") + " of " +
                       one.process + "'s page " + std::to_string(one.va);
    }
    return (header.outside_needs.empty() ? "any number of outside references"
                                         : header.outside_needs) +
           "; shown with " + numbers;
}

}  // namespace cowcheck
