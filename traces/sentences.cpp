#include "traces/sentences.h"

#include "traces/short_step.h"

#include <array>
#include <cctype>

namespace cowcheck {

namespace {

bool is_on(const StateChange& change) { return change.to == FieldValue(true); }
std::string owner(const StateChange& change) { return element_text(change.scope, change.element); }

// What becomes of another field of the same element in this step; null: nothing.
const StateChange* beside(const StateChange& change, const TraceStep& step,
                          std::string_view field) {
    for (const StateChange& other : step.changes)
        if (other.is_of(change) && other.field == field) return &other;
    return nullptr;
}

std::string mode_text(const StateChange& change, const TraceStep& step) {
    const StateChange* writable = beside(change, step, "writable");
    return writable != nullptr && is_on(*writable) ? ", writable" : ", not writable";
}

std::string mapping_text(const StateChange& change, const TraceStep& step) {
    if (!is_on(change)) return "clears " + owner(change);
    const StateChange* page = beside(change, step, "page");
    return "maps " + (page == nullptr ? "a page" : "page " + to_text(page->to)) + " in " +
           owner(change) + mode_text(change, step);
}

std::string writable_text(const StateChange& change, const TraceStep& step) {
    if (beside(change, step, "present") != nullptr) return {};
    return is_on(change) ? "makes " + owner(change) + " writable"
                         : "write-protects " + owner(change);
}

std::string flag_text(const StateChange& change, const TraceStep& step) {
    if (beside(change, step, "present") != nullptr) return {};
    return (is_on(change) ? "sets " : "clears ") + change.field + " in " + owner(change);
}

// "takes 2 references to page A (refcount 3)"
std::string amount_text(const StateChange& change, const TraceStep& step, std::string_view takes,
                        const std::string& what, std::string_view of) {
    if (beside(change, step, "kind") != nullptr) return {};
    const auto* from = std::get_if<unsigned>(&change.from);
    const auto* to = std::get_if<unsigned>(&change.to);
    if (from == nullptr || to == nullptr) return {};
    const unsigned by = *to > *from ? *to - *from : *from - *to;
    return std::string(*to > *from ? takes : "drops") + " " +
           (by == 1 ? "a " + what : std::to_string(by) + " " + what + "s") + std::string(of) +
           owner(change) + " (" + change.field + " " + to_text(change.to) + ")";
}

std::string refcount_text(const StateChange& change, const TraceStep& step) {
    return amount_text(change, step, "takes", "reference", " to ");
}

std::string mapcount_text(const StateChange& change, const TraceStep& step) {
    return amount_text(change, step, "adds", "mapping", " of ");
}

std::string exclusive_text(const StateChange& change, const TraceStep&) {
    return is_on(change) ? "marks " + owner(change) + " as exclusive"
                         : "takes the exclusive mark from " + owner(change);
}

std::string kind_text(const StateChange& change, const TraceStep& step) {
    for (const TraceEvent& event : step.events)
        if (event.kind == EventKind::copy || event.kind == EventKind::free) return {};
    return to_text(change.to) == "free" ? std::string() : "allocates " + owner(change);
}

std::string tlb_text(const StateChange& change, const TraceStep& step) {
    if (!is_on(change)) return "flushes " + owner(change);
    const StateChange* page = beside(change, step, "page");
    return "fills its TLB with page " + (page == nullptr ? std::string() : to_text(page->to)) +
           mode_text(change, step);
}

// "maps page A in parent.spte[0], writable", or that it is dropped.
std::string spte_text(const StateChange& change, const TraceStep& step) {
    return is_on(change) ? mapping_text(change, step) : "drops " + owner(change);
}

std::string mm_text(const StateChange& change, const TraceStep&) {
    return is_on(change) ? "sets " + change.field + " of " + owner(change) : std::string();
}

std::string vma_text(const StateChange& change, const TraceStep&) {
    return is_on(change) ? std::string() : "takes " + owner(change) + " away";
}

std::string pin_text(const StateChange& change, const TraceStep& step) {
    const StateChange* page = beside(change, step, "page");
    if (to_text(change.to) != "held" || page == nullptr) return {};
    return "returns page " + to_text(page->to) + " as " + owner(change);
}

struct Rule {
    ElementKind scope;
    std::string_view field;
    std::string (*text)(const StateChange&, const TraceStep&);
};

constexpr std::array<Rule, 13> rules{{{ElementKind::pte, "present", mapping_text},
                                      {ElementKind::spte, "present", spte_text},
                                      {ElementKind::pte, "writable", writable_text},
                                      {ElementKind::pte, "uffd_wp", flag_text},
                                      {ElementKind::pte, "soft_dirty", flag_text},
                                      {ElementKind::page, "refcount", refcount_text},
                                      {ElementKind::page, "mapcount", mapcount_text},
                                      {ElementKind::page, "anon_exclusive", exclusive_text},
                                      {ElementKind::page, "kind", kind_text},
                                      {ElementKind::tlb, "valid", tlb_text},
                                      {ElementKind::process, "has_pinned", mm_text},
                                      {ElementKind::vma, "mapped", vma_text},
                                      {ElementKind::pin, "state", pin_text}}};

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
                                      const std::vector<LocalValue>& looked_at) {
    std::vector<std::string> list;
    if ((guards || step.transient != 0) && step.guard && step.events.empty()) {
        const auto [condition, outcome] = guard_of(step);
        list.push_back("finds `" + condition + "` " + (outcome ? "true" : "false") +
                       where_text(looked_at) + transient_text(step.transient));
    }
    for (const StateChange& change : step.changes)
        for (const Rule& rule : rules) {
            if (rule.scope != change.scope || rule.field != change.field) continue;
            const std::string text = rule.text(change, step);
            if (!text.empty()) list.push_back(text);
        }
    for (const TraceEvent& event : step.events) list.push_back(words_behind_thread(event, step));
    return list;
}

std::string kernel_function(const DesignText& design, const std::vector<HandlerName>& path) {
    if (path.empty()) return {};
    const HandlerName& handler = path.back();
    const ast::HandlerKind kind = handler.fault      ? ast::HandlerKind::fault
                                  : path.size() == 1 ? ast::HandlerKind::operation
                                                     : ast::HandlerKind::handler;
    // The nearest text whose comment names a function; an override need not say it again.
    for (const auto& text : design.chain)
        for (const ast::Handler& one : text->tree.handlers)
            if (one.name == handler.name &&
                (one.kind == kind || one.kind == ast::HandlerKind::operation)) {
                const std::string function = leading_function(one.comment);
                if (!function.empty()) return function;
            }
    return handler.fault ? "the " + handler.name + " fault" : handler.name + "()";
}

}  // namespace cowcheck
