#include "traces/short_step.h"

#include <algorithm>
#include <array>

namespace cowcheck {

namespace {

// An access of the hardware, which the design only asks for.
bool is_access(const std::string& statement) {
    static constexpr std::array<std::string_view, 4> accesses{
        "if load through tlb", "if store through tlb", "load through secondary mmu",
        "store through secondary mmu"};
    return std::any_of(accesses.begin(), accesses.end(),
                       [&](std::string_view access) { return statement.starts_with(access); });
}

std::string field_of(const StateChange& change) {
    return change.what.substr(change.what.rfind('.') + 1);
}

// "A" of "page A.refcount"; nothing for what is no page.
std::string page_of(const StateChange& change) {
    constexpr std::string_view prefix = "page ";
    if (!change.what.starts_with(prefix)) return {};
    return change.what.substr(prefix.size(), change.what.rfind('.') - prefix.size());
}

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
    for (const StateChange& change : step.changes) {
        if (change.what.find(".tlb[") == std::string::npos) continue;
        if (field_of(change) == "page") page = to_text(change.to);
        if (field_of(change) == "writable") writable = to_text(change.to) == "yes";
    }
    const bool filled =
        std::any_of(step.changes.begin(), step.changes.end(), [](const StateChange& change) {
            return change.what.find(".tlb[") != std::string::npos;
        });
    if (!filled) return "[ page fault ]";
    return "[ TLB:" + (page.empty() ? "" : " " + page) + (writable ? " R/W ]" : " R/O ]");
}

std::string guard_text(const TraceStep& step) {
    const auto [condition, outcome] = guard_of(step);
    return condition + (outcome ? "? yes" : "? no");
}

bool is_allocated(const TraceStep& step, const std::string& page) {
    return std::any_of(step.changes.begin(), step.changes.end(), [&](const StateChange& change) {
        return page_of(change) == page && field_of(change) == "kind";
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
    const std::string field = field_of(change);
    const std::string page = page_of(change);
    if (!page.empty() && (field == "refcount" || field == "mapcount") && !is_allocated(step, page))
        return page + "." + field + " " + to_text(change.to);
    const bool fresh = !page.empty() && field == "kind" && to_text(change.to) != "free";
    if (fresh && find_event(step, EventKind::copy) == nullptr) return "new page " + page;
    if (change.what.starts_with("pin") && field == "page" && to_text(change.to) != "-")
        return change.what.substr(0, change.what.rfind('.')) + ": " + to_text(change.to);
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
    constexpr std::string_view lead = "if ";
    constexpr std::string_view negation = "not ";
    std::string condition =
        step.statement.starts_with(lead) ? step.statement.substr(lead.size()) : step.statement;
    bool outcome = step.guard.value_or(false);
    const bool compound = condition.find(" and ") != std::string::npos ||
                          condition.find(" or ") != std::string::npos ||
                          condition.find(" implies ") != std::string::npos;
    if (!compound && condition.starts_with(negation)) {
        condition.erase(0, negation.size());
        outcome = !outcome;
    }
    return {condition, outcome};
}

std::string operation_text(const TraceStep& step, bool with_page) {
    const std::size_t open = step.text.find('(');
    std::string arguments =
        open == std::string::npos ? "" : step.text.substr(open + 1, step.text.size() - open - 2);
    if (step.thread == "monitor" || step.thread == "procfs") add(arguments, step.process);
    if (with_page && step.va) add(arguments, "va " + std::to_string(*step.va));
    return step.text.substr(0, open) + "(" + arguments + ")";
}

std::string handler_text(const std::string& handler) {
    constexpr std::string_view fault = "fault ";
    if (handler.starts_with(fault)) return "[ " + handler.substr(fault.size()) + " fault ]";
    return handler + "()";
}

std::string step_text(const TraceStep& step) {
    if (is_access(step.statement)) return access_text(step);
    std::string text = step.guard               ? guard_text(step)
                       : step.statement.empty() ? step.text
                                                : step.statement;
    return text + notes(step);
}

std::string device_text(const TraceStep& step) {
    const std::string pin = step.pin ? "pin" + std::to_string(*step.pin) : "a pin";
    if (const auto* read = find_event(step, EventKind::dma_read))
        return "[ reads " + read->value + " from " + read->page + " through " + pin + " ]";
    if (const auto* write = find_event(step, EventKind::dma_write))
        return "[ writes " + write->value + " into " + write->page + " through " + pin + " ]";
    return step.text + "(" + pin + ")" + notes(step);
}

bool is_boring(const TraceStep& step) {
    static constexpr std::array<std::string_view, 3> locks{"lock ", "unlock ", "irqs "};
    if (step.guard || !step.events.empty() || !notes(step).empty()) return false;
    const bool lock = std::any_of(locks.begin(), locks.end(), [&](std::string_view prefix) {
        return step.statement.starts_with(prefix);
    });
    return lock || (step.changes.empty() && step.statement.find(" = ") != std::string::npos);
}

}  // namespace cowcheck
