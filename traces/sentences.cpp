#include "traces/sentences.h"

#include "traces/short_step.h"
#include "traces/text.h"

#include <array>
#include <cctype>

namespace cowcheck {

namespace {

struct Change {
    std::string owner;  // "page A"
    std::string field;  // "refcount"
    const FieldValue* from;
    const FieldValue* to;

    [[nodiscard]] bool on() const { return to_text(*to) == "yes"; }
    [[nodiscard]] std::string now() const { return to_text(*to); }
};

std::string mapping_text(const Change& change, const TraceStep& step) {
    if (!change.on()) return "clears " + change.owner;
    std::string page = "a page";
    bool writable = false;
    for (const StateChange& other : step.changes) {
        if (other.what == change.owner + ".page") page = "page " + to_text(other.to);
        if (other.what == change.owner + ".writable") writable = to_text(other.to) == "yes";
    }
    return "maps " + page + " in " + change.owner + (writable ? ", writable" : ", not writable");
}

bool is_new_mapping(const Change& change, const TraceStep& step) {
    for (const StateChange& other : step.changes)
        if (other.what == change.owner + ".present") return true;
    return false;
}

std::string writable_text(const Change& change, const TraceStep& step) {
    if (is_new_mapping(change, step)) return {};
    return (change.on() ? "makes " : "write-protects ") + change.owner +
           (change.on() ? " writable" : "");
}

std::string flag_text(const Change& change, const TraceStep& step) {
    if (is_new_mapping(change, step)) return {};
    return (change.on() ? "sets " : "clears ") + change.field + " in " + change.owner;
}

bool is_fresh(const Change& change, const TraceStep& step) {
    for (const StateChange& other : step.changes)
        if (other.what == change.owner + ".kind") return true;
    return false;
}

std::string count_text(const Change& change, const TraceStep& step) {
    if (is_fresh(change, step)) return {};
    const auto* from = std::get_if<unsigned>(change.from);
    const auto* to = std::get_if<unsigned>(change.to);
    if (from == nullptr || to == nullptr) return {};
    const unsigned by = *to > *from ? *to - *from : *from - *to;
    const std::string what = change.field == "mapcount" ? "mapping" : "reference";
    const std::string amount = by == 1 ? "a " + what : std::to_string(by) + " " + what + "s";
    const std::string verb = change.field == "mapcount" ? (*to > *from ? "adds " : "drops ")
                                                        : (*to > *from ? "takes " : "drops ");
    return verb + amount +
           (change.field == "mapcount" ? " of "
            : *to > *from              ? " to "
                                       : " to ") +
           change.owner + " (" + change.field + " " + change.now() + ")";
}

std::string exclusive_text(const Change& change, const TraceStep&) {
    return change.on() ? "marks " + change.owner + " as exclusive"
                       : "takes the exclusive mark from " + change.owner;
}

std::string kind_text(const Change& change, const TraceStep& step) {
    for (const TraceEvent& event : step.events)
        if (event.kind == EventKind::copy || event.kind == EventKind::free) return {};
    return change.now() == "free" ? std::string() : "allocates " + change.owner;
}

std::string tlb_text(const Change& change, const TraceStep& step) {
    if (!change.on()) return "flushes " + change.owner;
    std::string page;
    bool writable = false;
    for (const StateChange& other : step.changes) {
        if (other.what == change.owner + ".page") page = to_text(other.to);
        if (other.what == change.owner + ".writable") writable = to_text(other.to) == "yes";
    }
    return "fills its TLB with page " + page + (writable ? ", writable" : ", not writable");
}

// "maps page A in parent.spte[0], writable", or that it is dropped.
std::string spte_text(const Change& change, const TraceStep& step) {
    return change.on() ? mapping_text(change, step) : "drops " + change.owner;
}

std::string mm_text(const Change& change, const TraceStep&) {
    return change.on() ? "sets " + change.field + " of " + change.owner : std::string();
}

std::string vma_text(const Change& change, const TraceStep&) {
    return change.on() ? std::string() : "takes " + change.owner + " away";
}

std::string pin_text(const Change& change, const TraceStep& step) {
    if (change.now() != "held") return {};
    for (const StateChange& other : step.changes)
        if (other.what == change.owner + ".page")
            return "returns page " + to_text(other.to) + " as " + change.owner;
    return {};
}

struct Rule {
    std::string_view field;
    std::string_view owner;  // which elements: what their names contain
    std::string (*text)(const Change&, const TraceStep&);
};

constexpr std::array<Rule, 13> rules{{{"present", ".pte[", mapping_text},
                                      {"present", ".spte[", spte_text},
                                      {"writable", ".pte[", writable_text},
                                      {"uffd_wp", ".pte[", flag_text},
                                      {"soft_dirty", ".pte[", flag_text},
                                      {"refcount", "page ", count_text},
                                      {"mapcount", "page ", count_text},
                                      {"anon_exclusive", "page ", exclusive_text},
                                      {"kind", "page ", kind_text},
                                      {"valid", ".tlb[", tlb_text},
                                      {"has_pinned", "", mm_text},
                                      {"mapped", ".vma[", vma_text},
                                      {"state", "pin", pin_text}}};

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// "do_wp_page()" at the beginning of "do_wp_page(): a store hit a present PTE".
std::string leading_function(std::string_view comment) {
    while (!comment.empty() && (comment.front() == ' ' || comment.front() == '\n'))
        comment.remove_prefix(1);
    std::size_t end = 0;
    while (end < comment.size() && is_name(comment[end])) ++end;
    return end > 0 && comment.substr(end).starts_with("()")
               ? std::string(comment.substr(0, end + 2))
               : std::string();
}

}  // namespace

std::vector<std::string> sentences_of(const TraceStep& step, bool guards,
                                      const std::vector<LocalValue>& locals) {
    std::vector<std::string> list;
    if ((guards || step.transient != 0) && step.guard && step.events.empty()) {
        const auto [condition, outcome] = guard_of(step);
        list.push_back("finds `" + condition + "` " + (outcome ? "true" : "false") +
                       where_text(locals, condition) + transient_text(step.transient));
    }
    for (const StateChange& change : step.changes) {
        const std::size_t dot = change.what.rfind('.');
        const Change one{change.what.substr(0, dot), change.what.substr(dot + 1), &change.from,
                         &change.to};
        for (const Rule& rule : rules) {
            if (rule.field != one.field || one.owner.find(rule.owner) == std::string::npos)
                continue;
            const std::string text = rule.text(one, step);
            if (!text.empty()) list.push_back(text);
        }
    }
    for (const TraceEvent& event : step.events) {
        std::string text = to_text(event, step);
        const std::string self = step.thread + " ";
        if (text.starts_with(self)) text.erase(0, self.size());
        list.push_back(std::move(text));
    }
    return list;
}

std::string kernel_function(const DesignText& design, const std::string& handler) {
    const auto path = handler_path(handler);
    if (path.empty()) return handler;
    std::string name = path.back();
    ast::HandlerKind kind =
        path.size() == 1 ? ast::HandlerKind::operation : ast::HandlerKind::handler;
    if (name.starts_with("fault ")) {
        kind = ast::HandlerKind::fault;
        name.erase(0, 6);
    }
    const std::string plain = name.substr(0, name.find('('));
    // The nearest text whose comment names a function; an override need not say it again.
    for (const auto& text : design.chain)
        for (const ast::Handler& one : text->tree.handlers)
            if (one.name == plain &&
                (one.kind == kind || one.kind == ast::HandlerKind::operation)) {
                const std::string function = leading_function(one.comment);
                if (!function.empty()) return function;
            }
    return kind == ast::HandlerKind::fault ? "the " + plain + " fault" : plain + "()";
}

}  // namespace cowcheck
