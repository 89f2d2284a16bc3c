#include "traces/short_step.h"

#include <algorithm>
#include <array>

namespace cowcheck {

namespace {

const TraceEvent* find_event(const TraceStep& step, EventKind kind) {
    for (const TraceEvent& event : step.events)
        if (event.kind == kind) return &event;
    return nullptr;
}

std::string access_text(const TraceStep& step) {
    if (const auto* load = find_event(step, EventKind::load)) {
        std::string text = "[ reads " + load->value + " from " + load->page;
        if (load->expected != load->value) text += ", not " + load->expected;
        return text + " ]";
    }
    if (const auto* store = find_event(step, EventKind::store))
        return "[ stores " + store->value + " into " + store->page + " ]";
    std::string page;
    bool writable = false;
    bool filled = false;
    for (const StateChange& change : step.changes) {
        if (change.scope != ElementKind::tlb) continue;
        filled = true;
        if (change.field == "page") page = to_text(change.to);
        if (change.field == "writable") writable = change.to == FieldValue(true);
    }
    if (!filled) return "[ page fault ]";
    return "[ TLB:" + (page.empty() ? "" : " " + page) + (writable ? " R/W ]" : " R/O ]");
}

std::string guard_text(const TraceStep& step) {
    const auto [condition, outcome] = guard_of(step);
    return condition + (outcome ? "? yes" : "? no");
}

bool is_allocated(const TraceStep& step, const std::string& page) {
    return std::any_of(step.changes.begin(), step.changes.end(), [&](const StateChange& change) {
        return change.scope == ElementKind::page && change.element == page &&
               change.field == "kind";
    });
}

void add(std::string& list, const std::string& item) { list += (list.empty() ? "" : ", ") + item; }

std::string event_note(const TraceEvent& event) {
    switch (event.kind) {
    case EventKind::copy: return event.source + " -> " + event.page;
    case EventKind::fork: return event.process + " runs";
    case EventKind::free: return event.page + " freed";
    case EventKind::underflow:
        return event.count.empty() ? event.page + ": too many puts" : event.count + " below 0";
    case EventKind::overflow:
        return (event.count.empty() ? "refcount" : event.count) + " over " + event.value;
    case EventKind::userfault: return "monitor is told";
    default: return {};
    }
}

std::string change_note(const TraceStep& step, const StateChange& change) {
    const std::string& field = change.field;
    const bool of_page = change.scope == ElementKind::page;
    if (of_page && (field == "refcount" || field == "mapcount") &&
        !is_allocated(step, change.element))
        return change.element + "." + field + " " + to_text(change.to);
    const bool fresh = of_page && field == "kind" && to_text(change.to) != "free";
    if (fresh && find_event(step, EventKind::copy) == nullptr) return "new page " + change.element;
    if (change.scope == ElementKind::pin && field == "page" && to_text(change.to) != "-")
        return change.element + ": " + to_text(change.to);
    return {};
}

// What the statement does to whom, as far as its own words don't say it.
std::string notes(const TraceStep& step) {
    std::string text;
    if (step.transient != 0) add(text, std::to_string(step.transient) + " transient ref");
    for (const TraceEvent& event : step.events) {
        const std::string note = event_note(event);
        if (!note.empty()) add(text, note);
    }
    for (const StateChange& change : step.changes) {
        const std::string note = change_note(step, change);
        if (!note.empty()) add(text, note);
    }
    return text.empty() ? text : " [" + text + "]";
}

}  // namespace

std::pair<std::string, bool> guard_of(const TraceStep& step) {
    return {step.statement.condition, step.guard.value_or(false) != step.statement.negated};
}

std::string operation_text(const TraceStep& step, bool with_page) {
    std::string arguments;
    for (const std::string& flag : step.call.flags) add(arguments, flag);
    if (names_its_process(step)) add(arguments, step.process);
    if (with_page && step.va) add(arguments, "va " + std::to_string(*step.va));
    return step.call.name + "(" + arguments + ")";
}

std::string handler_text(const HandlerName& handler) {
    return handler.fault ? "[ " + handler.name + " fault ]" : handler.name + "()";
}

std::string step_text(const TraceStep& step) {
    if (step.statement.kind == StatementKind::tlb_access ||
        step.statement.kind == StatementKind::access)
        return access_text(step);
    return (step.guard ? guard_text(step) : what_it_does(step)) + notes(step);
}

std::string device_text(const TraceStep& step) {
    const std::string pin = step.pin ? "pin" + std::to_string(*step.pin) : "a pin";
    if (const auto* read = find_event(step, EventKind::dma_read))
        return "[ reads " + read->value + " from " + read->page + " through " + pin + " ]";
    if (const auto* write = find_event(step, EventKind::dma_write))
        return "[ writes " + write->value + " into " + write->page + " through " + pin + " ]";
    return to_text(step.call) + "(" + pin + ")" + notes(step);
}

bool is_boring(const TraceStep& step) {
    if (step.guard || !step.events.empty() || !notes(step).empty()) return false;
    switch (step.statement.kind) {
    case StatementKind::lock:
    case StatementKind::unlock:
    case StatementKind::irqs: return true;
    case StatementKind::assignment: return step.changes.empty();
    default: return false;
    }
}

}  // namespace cowcheck
