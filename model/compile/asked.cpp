#include "model/compile/asked.h"

#include <algorithm>
#include <map>
#include <utility>

namespace cowcheck {

namespace {

using ast::Expr;
using ast::ExprKind;

// How a clause's truth goes by that of a part of it. Reductions make some things come earlier: a
// process is quiet, a pin is held, a promise begins. That hides nothing where a clause is only
// the less true for it, which is so for `falls`.
enum class Way : std::int8_t { falls = -1, either = 0, rises = 1 };

Way opposite(Way way) { return static_cast<Way>(-static_cast<int>(way)); }

// A predicate's parameters stand for expressions of whoever calls it.
struct Frame {
    std::map<std::string, const Expr*, std::less<>> parameters;
    const Frame* outer = nullptr;  // where those are to be read
};

struct Resolved {
    const Expr* expr = nullptr;
    const Frame* scope = nullptr;
};

// What is known to be so where an expression is looked at: "quiet", "held pin", ...
using Facts = std::set<std::string, std::less<>>;

class Reader {
public:
    Reader(const ast::Clause& clause, const std::vector<ast::Predicate>& predicates,
           const World& world)
        : clause_(clause), predicates_(predicates), world_(world) {}

    ClauseReads run() {
        const Frame outermost;
        // What must be reachable is hidden by what makes it less true.
        const Way way = clause_.kind == ast::ClauseKind::sometimes ? Way::falls : Way::rises;
        walk(clause_.value, way, outermost, {}, 0);
        return reads_;
    }

private:
    [[nodiscard]] bool at() const { return clause_.kind == ast::ClauseKind::at; }
    [[nodiscard]] bool at(std::initializer_list<std::string_view> events) const {
        return at() && std::find(events.begin(), events.end(), clause_.event) != events.end();
    }
    [[nodiscard]] bool is_chosen(std::string_view name) const {
        return std::find(clause_.for_each.begin(), clause_.for_each.end(), name) !=
               clause_.for_each.end();
    }
    // Nothing is under way where it is looked at.
    [[nodiscard]] bool is_calm(const Facts& facts) const {
        return !at() && facts.contains("quiet");
    }

    static void against(std::string& reason, const std::string& what) {
        if (reason.empty()) reason = what;
    }

    static Resolved resolve(const Expr& expr, const Frame& scope) {
        const Expr* e = &expr;
        const Frame* s = &scope;
        while (e->kind == ExprKind::paren) e = &e->operands[0];
        if (e->kind == ExprKind::name && s != nullptr)
            if (const auto found = s->parameters.find(e->name); found != s->parameters.end())
                return resolve(*found->second, *s->outer);
        return {e, s};
    }

    // "pin.page", "pte(mm, va)": the same text for what is the same; of what the event is about,
    // it begins with "event's".
    std::string text_of(const Expr& expr, const Frame& scope) const {
        const auto [e, s] = resolve(expr, scope);
        if (e->kind == ExprKind::name)
            return (at() && !is_chosen(e->name) ? "event's " : "") + e->name;
        if (e->kind == ExprKind::field) return text_of(e->operands[0], *s) + "." + e->name;
        if (e->kind == ExprKind::call) {
            std::string text = e->name + "(";
            for (const Expr& operand : e->operands) text += text_of(operand, *s) + ", ";
            return text + ")";
        }
        return "?" + std::to_string(e->span.line) + ":" + std::to_string(e->span.column);
    }

    // What follows if the expression is true, or if it is false.
    void add_facts(const Expr& expr, const Frame& scope, bool truth, Facts& facts,
                   int depth) const {
        if (depth > 16) return;
        const auto [e, s] = resolve(expr, scope);
        if (e->kind == ExprKind::unary && e->name == "not")
            return add_facts(e->operands[0], *s, !truth, facts, depth);
        if (e->kind == ExprKind::binary && (e->name == "and" ? truth : e->name == "or" && !truth)) {
            for (const Expr& operand : e->operands) add_facts(operand, *s, truth, facts, depth);
            return;
        }
        if (e->kind == ExprKind::binary && e->name == "implies" && !truth) {
            add_facts(e->operands[0], *s, true, facts, depth);
            return add_facts(e->operands[1], *s, false, facts, depth);
        }
        if (!truth) return;
        if (e->kind == ExprKind::name && e->name == "quiet") facts.insert("quiet");
        if (e->kind == ExprKind::field) facts.insert(e->name + " " + text_of(e->operands[0], *s));
        if (e->kind != ExprKind::call) return;
        if (const auto* predicate = predicate_of(e->name)) {
            const Frame inner = scope_of(*predicate, *e, *s);
            add_facts(predicate->value, inner, true, facts, depth + 1);
        }
    }

    const ast::Predicate* predicate_of(const std::string& name) const {
        for (const ast::Predicate& predicate : predicates_)
            if (predicate.name == name) return &predicate;
        return nullptr;
    }
    static Frame scope_of(const ast::Predicate& predicate, const Expr& call, const Frame& scope) {
        Frame inner;
        inner.outer = &scope;
        const std::size_t n = std::min(predicate.parameters.size(), call.operands.size());
        for (std::size_t i = 0; i < n; ++i)
            inner.parameters.emplace(predicate.parameters[i], &call.operands[i]);
        return inner;
    }

    void walk(const Expr& expr, Way way, const Frame& scope, const Facts& facts, int depth) {
        if (depth > 16) return;  // a predicate that is defined by itself: the compiler complains
        const auto [e, s] = resolve(expr, scope);
        switch (e->kind) {
        case ExprKind::name: return read_name(*e, way, facts);
        case ExprKind::field: return read_field(*e, way, *s, facts, depth);
        case ExprKind::call: return read_call(*e, way, *s, facts, depth);
        case ExprKind::unary:
            return walk(e->operands[0], e->name == "not" ? opposite(way) : Way::either, *s, facts,
                        depth);
        case ExprKind::binary: return read_binary(*e, way, *s, facts, depth);
        default: return;
        }
    }

    void read_binary(const Expr& e, Way way, const Frame& s, const Facts& facts, int depth) {
        if (e.name == "and" || e.name == "or" || e.name == "implies") {
            walk(e.operands[0], e.name == "implies" ? opposite(way) : way, s, facts, depth);
            Facts more = facts;
            add_facts(e.operands[0], s, e.name != "or", more, depth);
            return walk(e.operands[1], way, s, more, depth);
        }
        for (std::size_t i = 0; i < 2; ++i) {
            const Resolved one = resolve(e.operands[i], s);
            const Resolved other = resolve(e.operands[1 - i], s);
            // More references make `== 0` the less true.
            if (one.expr->kind == ExprKind::call && is_references(*one.expr) &&
                other.expr->kind == ExprKind::number && other.expr->number == 0 &&
                ((e.name == "==" && way == Way::rises) || (e.name == "!=" && way == Way::falls)))
                return read_page(one.expr->operands[0], *one.scope, facts, false);
        }
        for (const Expr& operand : e.operands) walk(operand, Way::either, s, facts, depth);
    }
    static bool is_references(const Expr& call) {
        return call.operands.size() == 1 &&
               (call.name == "references" || call.name == "references_but_pins");
    }

    void read_name(const Expr& e, Way way, const Facts& facts) {
        if (e.name == "quiet" && (at() || way != Way::falls) && !is_calm(facts))
            against(reads_.against_joining, "quiet");
        reads_.deadlock = reads_.deadlock || e.name == "deadlocked";
        reads_.livelock = reads_.livelock || e.name == "livelocked";
        for (const char* stuck : {"deadlocked", "livelocked"})
            if (e.name == stuck && way != Way::falls) against(reads_.against_joining, stuck);
    }

    void read_field(const Expr& e, Way way, const Frame& s, const Facts& facts, int depth) {
        const Resolved base = resolve(e.operands[0], s);
        if (base.expr->kind == ExprKind::name) {
            const std::string& name = base.expr->name;
            if (name == "world" || name == "operation") return;
            if (name == "pin") return read_pin(e, way, text_of(*base.expr, *base.scope), facts);
            if (name == "mm") {
                reads_.any_element = reads_.any_element || !is_calm(facts);
                return;
            }
        }
        if (base.expr->kind == ExprKind::call && base.expr->name == "tlb")
            return read_tlb(e, way, text_of(*base.expr, *base.scope), facts);
        if (base.expr->kind == ExprKind::call &&
            (base.expr->name == "pte" || base.expr->name == "spte"))
            return walk(*base.expr, Way::either, *base.scope, facts, depth);
        if (base.expr->kind == ExprKind::field && base.expr->name == "mm") {  // pin.mm.has_pinned
            reads_.any_element = reads_.any_element || !is_calm(facts);
            return walk(*base.expr, Way::either, *base.scope, facts, depth);
        }
        read_page(*base.expr, *base.scope, facts, e.name != "free" || way != Way::falls);
        walk(*base.expr, Way::either, *base.scope, facts, depth);
    }

    // A pin's holder has it from the end of the GUP on, which may come earlier. Before, nothing
    // of it means anything.
    void read_pin(const Expr& e, Way way, const std::string& pin, const Facts& facts) {
        if (pin != "pin" || is_calm(facts)) return;
        if (e.name == "held" ? way != Way::falls : !facts.contains("held pin"))
            against(reads_.against_joining, "pin." + e.name);
    }

    // Entries may be forgotten later, as long as nobody but their own CPU goes by them.
    void read_tlb(const Expr& e, Way way, const std::string& tlb, const Facts& facts) {
        if (is_calm(facts)) return;
        if (e.name == "valid" ? way != Way::falls : !facts.contains("valid " + tlb))
            against(reads_.against_joining, "tlb(cpu)." + e.name);
    }

    // Something of a page is asked for, and (`while_under_way`) not only what others can't change.
    void read_page(const Expr& expr, const Frame& scope, const Facts& facts, bool while_under_way) {
        const auto [e, s] = resolve(expr, scope);
        if (e->kind == ExprKind::field && (e->name == "head" || e->name == "other"))
            return read_page(e->operands[0], *s, facts, while_under_way);
        const std::string text = text_of(*e, *s);
        if (text == "event's page" && at({"underflow", "overflow"}))
            against(reads_.against_renaming, "the page of a count that may be no page's");
        const auto note = [&](bool& what) { what = what || (while_under_way && !is_calm(facts)); };
        if (text == "event's page" || text == "event's pin.page") return note(reads_.events_page);
        if (e->kind == ExprKind::name) {
            check_fixed(*e, facts);
            return note(reads_.any_element);
        }
        if (e->kind != ExprKind::field || e->name != "page") return note(reads_.any_element);
        const std::string from = text_of(e->operands[0], *s);
        const bool by_pin = facts.contains("held " + from);
        const bool by_entry = facts.contains("present " + from) ||
                              facts.contains("valid " + from) ||
                              facts.contains("migration " + from) || from == "event's pin";
        if (!by_pin && !by_entry)
            against(reads_.against_renaming, from + ".page, which may be no page");
        note(by_pin || from.starts_with("spte(") ? reads_.reached_page : reads_.any_element);
    }

    // Pages that a world need not have.
    void check_fixed(const Expr& e, const Facts& facts) {
        (void)facts;
        if ((e.name == "zeropage" && !world_.zeropage) ||
            (e.name == "huge_zeropage" && !world_.has_huge_zeropage()) ||
            (e.name == "swap_slot" && !world_.swap()))
            if (!facts.contains("zeropage world") && !facts.contains("swap world") &&
                !facts.contains("zeropage event's world") && !facts.contains("swap event's world"))
                against(reads_.against_renaming, e.name + ", which the world has not got");
    }

    void read_call(const Expr& e, Way way, const Frame& s, const Facts& facts, int depth) {
        if (const auto* predicate = predicate_of(e.name)) {
            const Frame inner = scope_of(*predicate, e, s);
            return walk(predicate->value, way, inner, facts, depth + 1);
        }
        std::vector<std::string> arguments;
        for (const Expr& operand : e.operands) {
            arguments.push_back(text_of(operand, s));
            walk(operand, Way::either, s, facts, depth);
        }
        const bool calm = is_calm(facts);
        const auto is = [&](std::initializer_list<std::string_view> wanted) {
            return std::equal(arguments.begin(), arguments.end(), wanted.begin(), wanted.end());
        };
        if (e.name == "quiet" && (at() || way != Way::falls) && !calm)
            against(reads_.against_joining, "quiet(mm)");
        if (e.name == "zapping" && !calm &&
            !(at({"load", "store"}) && is({"event's mm", "event's va"}) && way == Way::rises))
            against(reads_.against_joining, "zapping");
        if ((e.name == "uffd_wp_promised" || e.name == "soft_dirty_promised" ||
             e.name == "stores_barred") &&
            !calm && way != Way::falls)
            against(reads_.against_joining, e.name);
        // What is stored once clear_refs returns, which may come earlier, is remembered for good.
        if (e.name == "soft_dirty_owed" && way != Way::falls)
            against(reads_.against_joining, e.name);
        // Content is given up later, and is gone earlier: who forks, stores or reads beside it has
        // less of a right to be told anything.
        if (e.name == "holds_expected" && way != Way::rises &&
            (world_.parts() & Part::gives_up) != 0)
            against(reads_.against_joining, e.name);
        // Entries may be forgotten later.
        if ((e.name == "translated" || e.name == "stale_translation") && !calm && way != Way::falls)
            against(reads_.against_joining, e.name);
        // VMAs go later.
        if (e.name == "has_vma" && !calm) against(reads_.against_joining, e.name);
        if ((is_references(e) || e.name == "reachable_by_others") && !calm)
            against(reads_.against_joining, e.name);
        if (e.name == "mappings" || e.name == "pmd_mappings")
            reads_.page_tables = reads_.page_tables || !calm;
        if (e.name == "pte") read_pte(e, s, facts);
        if (e.name == "entitled" || e.name == "holds_expected") read_content(e, s, is, facts);
    }

    // Whoever does an access, a pin's process, or one that a secondary MMU has an entry of, runs:
    // nobody fills its page table without its locks.
    void read_pte(const Expr& e, const Frame& s, const Facts& facts) {
        if (is_calm(facts) || e.operands.size() != 2) return;
        const std::string of = text_of(e.operands[0], s);
        const std::string same = text_of(e.operands[0], s) + ", " + text_of(e.operands[1], s);
        const bool runs = (at({"load", "store"}) && of == "event's mm") ||
                          (of == "pin.mm" && facts.contains("attached pin")) ||
                          facts.contains("present spte(" + same + ", )");
        reads_.page_tables = reads_.page_tables || !runs;
    }

    // Content is remembered for those who can still come to read it. An access, or a pin's holder,
    // asks about what it reads.
    template <class Is>
    void read_content(const Expr& e, const Frame& s, const Is& is, const Facts& facts) {
        if (e.operands.empty()) return;
        read_page(e.operands.back(), s, facts, false);
        const std::string who = text_of(e.operands[0], s);
        const bool by_access =
            at({"load", "store"}) &&
            (e.name == "entitled" ? is({"event's mm", "event's page"})
                                  : is({"event's mm", "event's va", "event's page"}));
        const bool by_pin = at({"dma_read", "dma_write", "unpin"}) && e.name == "entitled" &&
                            is({"event's pin", "event's page"});
        if (!by_access && !by_pin)
            against(reads_.against_forgetting, e.name + "(" + who + ", ...)");
        if (e.name == "entitled" && who == "pin" && !facts.contains("held pin") && !is_calm(facts))
            against(reads_.against_joining, "entitled(pin, page)");
    }

    const ast::Clause& clause_;
    const std::vector<ast::Predicate>& predicates_;
    const World& world_;
    ClauseReads reads_;
};

}  // namespace

ClauseReads reads_of(const ast::Clause& clause, const std::vector<ast::Predicate>& predicates,
                     const World& world) {
    return Reader(clause, predicates, world).run();
}

}  // namespace cowcheck
