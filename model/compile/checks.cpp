#include "model/compile/checks.h"

#include "model/compile/asked.h"
#include "model/compile/words.h"
#include "model/isa/effects.h"

#include <algorithm>
#include <functional>
#include <set>

namespace cowcheck {

namespace {

class Checks {
public:
    Checks(Emitter& e, const PropertySet& set, std::uint32_t decided)
        : e_(e), x_(e), set_(set), decided_(decided) {}

    void run() {
        Program& program = e_.program();
        if (set_.properties.size() > max_properties)
            e_.complain(set_.properties[max_properties].span,
                        "there can be at most " + std::to_string(max_properties) + " properties");
        for (const auto& property : set_.properties) {
            PropertyInfo about;
            about.name = property.name;
            about.cost = property.cost;
            about.applies = applies(property);
            for (const auto& clause : property.clauses) {
                about.sometimes |= clause.kind == ast::ClauseKind::sometimes;
                // Whoever is alone goes many ways there, one for each number of references.
                if (e_.program().world.has_outside() &&
                    reads_of(clause, set_.predicates, e_.program().world).livelock)
                    about.applies = false;
            }
            // Whether it is violated or reached would have two answers.
            if (about.sometimes && property.clauses.size() > 1)
                e_.complain(property.clauses[1].span,
                            "what must be reached is a property of its own; expected no other "
                            "clause beside 'sometimes'");
            program.properties.push_back(about);
        }
        check_events();
        for (const bool quick : {false, true}) {
            quick_ = quick;
            if (quick) e_.know_constants();
            const auto put = [quick](CheckCode& code, std::uint16_t entry) {
                (quick ? code.quick : code.entry) = entry;
            };
            for (std::size_t i = 0; i < event_table.size(); ++i)
                put(program.on_event[i], section(
                                             [&](const ast::Clause& clause) {
                                                 return clause.kind == ast::ClauseKind::at &&
                                                        clause.event == event_table[i].name;
                                             },
                                             static_cast<Event>(i)));
            put(program.always,
                section(
                    [](const ast::Clause& clause) { return clause.kind != ast::ClauseKind::at; },
                    {}));
        }
    }

private:
    bool applies(const ast::Property& property) {
        if (!property.needs) return true;
        const ast::Expr& needs = *property.needs;
        if (needs.kind == ast::ExprKind::field && needs.operands[0].name == "world" &&
            needs.name == "backing")
            return e_.program().world.has_backing();
        if (needs.kind == ast::ExprKind::field && needs.operands[0].name == "world" &&
            needs.name == "secondary_mmu")
            return e_.program().world.secondary_mmu();
        if (needs.kind == ast::ExprKind::field && needs.operands[0].name == "world" &&
            needs.name == "clear_refs")
            return (e_.program().world.parts() & Part::soft_dirty) != 0;
        if (needs.kind == ast::ExprKind::field && needs.operands[0].name == "world" &&
            needs.name == "mprotect")
            return (e_.program().world.parts() & Part::mprotect) != 0;
        if (needs.kind == ast::ExprKind::field && needs.operands[0].name == "world" &&
            needs.name == "unmaps")
            return (e_.program().world.parts() & (Part::gives_up | Part::dont_fork)) != 0;
        if (needs.kind == ast::ExprKind::field && needs.operands[0].name == "page" &&
            needs.name == "anon_exclusive")
            return writes_field(e_.program(), Field::anon_exclusive);
        if (needs.kind == ast::ExprKind::field && needs.operands[0].name == "world" &&
            needs.name == "fork_copies")
            return std::any_of(
                e_.program().code.begin(), e_.program().code.end(),
                [](const Instruction& i) { return i.code == Code::copy && i.imm == 2; });
        if (needs.kind == ast::ExprKind::field && needs.operands[0].name == "world" &&
            needs.name == "outside_mappings")
            return std::any_of(e_.program().world.outside.begin(), e_.program().world.outside.end(),
                               [](const OutsideReferences& one) { return one.mappings; });
        e_.complain(needs.span, "a property can need page.anon_exclusive, world.backing, "
                                "world.clear_refs, world.fork_copies, world.mprotect, "
                                "world.outside_mappings, world.secondary_mmu or world.unmaps");
        return false;
    }

    std::uint16_t section(const std::function<bool(const ast::Clause&)>& wanted,
                          std::optional<Event> event) {
        const std::uint16_t entry = e_.here();
        bool any = false;
        for (std::size_t p = 0; p < std::min(set_.properties.size(), max_properties); ++p) {
            if (!e_.program().properties[p].applies || ((decided_ >> p) & 1U) != 0) continue;
            for (const auto& clause : set_.properties[p].clauses)
                if (wanted(clause) && !e_.is_full()) {
                    any = true;
                    e_.in_text("property '" + set_.properties[p].name + "'");
                    Names names = event ? event_names(*event) : Names{};
                    event_ = event;
                    const auto skips = quick_ && only_when_quiet(clause.value)
                                           ? skip_unless_quiet(clause)
                                           : std::nullopt;
                    clause_for(clause, p, 0, names);
                    if (skips) e_.set_target(*skips, e_.here());
                }
        }
        if (!any) return 0xffff;
        e_.emit(Code::end);
        return entry;
    }

    // What the event is about, as the table says behind the colon.
    static bool names_word(Event event, std::string_view word) {
        const std::string_view what = event_table[static_cast<std::size_t>(event)].what;
        std::string_view list = what.substr(what.rfind(':') + 1);
        while (!list.empty()) {
            const std::size_t end = std::min(list.find_first_of(", ("), list.size());
            if (list.substr(0, end) == word) return true;
            list.remove_prefix(std::min(end + 1, list.size()));
        }
        return false;
    }

    static Names event_names(Event event) {
        Names all;
        const auto add = [&](const char* name, Type type, std::uint8_t reg) {
            if (names_word(event, name))
                all.emplace(name, Variable{type, Variable::Kind::reg, 0, reg, {}});
        };
        add("mm", Type::mm, Reg::mm);
        add("va", Type::va, Reg::va);
        add("page", Type::page, Reg::page);
        add("pin", Type::pin, Reg::pin);
        return all;
    }

    // Something is under way in most states: one look for all choices of a `for each`.
    std::optional<std::uint16_t> skip_unless_quiet(const ast::Clause& clause) {
        e_.free_scratch();
        e_.at(clause.span);
        const std::uint8_t quiet = e_.scratch(clause.span);
        e_.emit(Code::quiet, quiet);
        return e_.emit(Code::jump_unless, quiet);
    }

    void quick_check(const ast::Clause& clause, std::size_t property, Context& c) {
        const std::uint16_t from = e_.here();
        std::vector<std::uint16_t> kept;  // jumps
        x_.branch(clause.value, c, clause.kind != ast::ClauseKind::sometimes, kept);
        if (kept == std::vector{from} && e_.program().code[from].code == Code::jump)
            return e_.shrink(from);  // always so in this world
        e_.emit(Code::check, Reg::zero, 0, 0, static_cast<unsigned>(property));
        e_.set_targets(kept, e_.here());
    }

    // Unrolls the clause's `for each`, then emits one check for each choice.
    void clause_for(const ast::Clause& clause, std::size_t property, std::size_t loop,
                    Names& names) {
        if (loop == clause.for_each.size()) {
            e_.free_scratch();
            e_.at(clause.span);
            Context c;
            c.names = &names;
            c.predicates = &set_.predicates;
            c.property = true;
            c.deadlocked = !event_;
            c.needed = event_ && names_word(*event_, "needed");
            c.writes = event_ && names_word(*event_, "operation.writes");
            if (quick_) return quick_check(clause, property, c);
            const std::uint16_t from = e_.here();
            const Value value = x_.truth(clause.value, c);
            if (!forbids(clause.value))
                e_.program().clauses.push_back({static_cast<std::uint16_t>(property),
                                                asks_at(clause.value, from), clause.span});
            note_reads(clause, property, from);
            const std::uint8_t reg = e_.in_register(value, clause.span);
            if (clause.kind == ast::ClauseKind::sometimes) e_.emit(Code::invert, reg, reg);
            e_.emit(Code::check, reg, 0, 0, static_cast<unsigned>(property));
            check_words(clause, c);
            return;
        }
        const std::string& what = clause.for_each[loop];
        const auto& layout = e_.program().layout;
        struct Range {
            std::string_view name;
            Type type;
            unsigned count;
        };
        const Range ranges[] = {{"pin", Type::pin, layout.size(Scope::pin)},
                                {"mm", Type::mm, layout.mms},
                                {"va", Type::va, layout.pages},
                                {"page", Type::page, layout.size(Scope::page)},
                                {"cpu", Type::cpu, layout.size(Scope::tlb)}};
        for (const Range& range : ranges) {
            if (range.name != what) continue;
            for (unsigned i = 0; i < range.count; ++i) {
                names.insert_or_assign(what,
                                       Variable{range.type, Variable::Kind::constant, i, 0, {}});
                clause_for(clause, property, loop + 1, names);
            }
            return;
        }
        e_.complain(clause.span, "there is no 'for each " + what + "'",
                    did_you_mean(what, {"pin", "mm", "va", "page", "cpu"}));
    }

    // Nobody tells anything while states are explored; but what can't be told is known now.
    void check_words(const ast::Clause& clause, Context& c) {
        if (clause.says.empty() || !looked_at_.insert(&clause).second) return;
        const std::uint16_t end = e_.here();
        (void)compile_words(e_, x_, clause, c);
        e_.shrink(end);
    }

    // `at underflow: false` asks for nothing where it never happens, and is right then.
    static bool forbids(const ast::Expr& expr) {
        return expr.kind == ast::ExprKind::boolean && expr.number == 0;
    }

    // The first instruction that runs only if the left side of the implication is true.
    std::uint16_t asks_at(const ast::Expr& expr, std::uint16_t from) {
        if (expr.kind == ast::ExprKind::paren) return asks_at(expr.operands[0], from);
        const bool implies = expr.kind == ast::ExprKind::binary && expr.name == "implies";
        return implies ? x_.last_implied() : from;
    }

    // `quiet and ... implies ...` says nothing while a handler is under way.
    static bool only_when_quiet(const ast::Expr& expr) {
        const auto is_quiet = [](const auto& self, const ast::Expr& e) -> bool {
            if (e.kind == ast::ExprKind::paren) return self(self, e.operands[0]);
            if (e.kind == ast::ExprKind::binary && e.name == "and")
                return self(self, e.operands[0]) || self(self, e.operands[1]);
            return e.kind == ast::ExprKind::name && e.name == "quiet";
        };
        return expr.kind == ast::ExprKind::binary && expr.name == "implies" &&
               is_quiet(is_quiet, expr.operands[0]);
    }

    // What the clause asks for, whose code begins there, and what is not sound for that.
    void note_reads(const ast::Clause& clause, std::size_t number, std::uint16_t from) {
        const ast::Property& property = set_.properties[number];
        PropertyReads& asked = e_.program().asked;
        const ClauseReads reads = reads_of(clause, set_.predicates, e_.program().world);
        e_.program().properties[number].asks_stuck |= reads.deadlock || reads.livelock;
        e_.program().asks_livelock |= reads.livelock;
        asked.page_tables = asked.page_tables || reads.page_tables;
        const auto against = [&](std::string& all, const std::string& what) {
            if (!what.empty() && all.empty())
                all = "property " + property.name + " asks for " + what;
        };
        against(asked.no_joining, reads.against_joining);
        against(asked.no_forgetting, reads.against_forgetting);
        against(asked.no_renaming, reads.against_renaming);
        const FieldSet read = fields_read_from(from);
        if (reads.any_element) asked.visible |= read;
        if (reads.reached_page) asked.reached |= read;
        if (reads.events_page) asked.at_events |= read;
    }

    // Of pages and processes: the rest is never changed by a mover, or the text says what of it is
    // asked. That a page is free is one of the latter, and so are its references.
    FieldSet fields_read_from(std::uint16_t from) const {
        constexpr FieldSet those = fields_of(Scope::page) | fields_of(Scope::mm);
        FieldSet read = 0;
        for (std::size_t i = from; i < e_.program().code.size(); ++i) {
            const Instruction& one = e_.program().code[i];
            const bool by_text = one.code == Code::references || one.code == Code::entitled_mm ||
                                 one.code == Code::entitled_pin ||
                                 one.code == Code::holds_expected || one.code == Code::reachable;
            if (!by_text) read |= effects_of(one).reads & those;
        }
        return read;
    }

    void check_events() {
        std::vector<std::string_view> names;
        for (const auto& event : event_table) names.push_back(event.name);
        for (const auto& property : set_.properties)
            for (const auto& clause : property.clauses)
                if (clause.kind == ast::ClauseKind::at &&
                    std::find(names.begin(), names.end(), clause.event) == names.end())
                    e_.complain(clause.span, "there is no event '" + clause.event + "'",
                                did_you_mean(clause.event, names));
    }

    Emitter& e_;
    Expressions x_;
    const PropertySet& set_;
    std::uint32_t decided_;
    std::set<const ast::Clause*> looked_at_;  // whose words have been
    std::optional<Event> event_;              // of the clause at hand
    bool quick_ = false;                      // CheckCode::quick
};

}  // namespace

bool writes_field(const Program& program, Field field) {
    return std::any_of(program.code.begin(), program.code.end(), [&](const Instruction& i) {
        const Effects effects = effects_of(i);
        return has(effects.writes & ~effects.clears, field);
    });
}

void compile_checks(Emitter& emitter, const PropertySet& properties, std::uint32_t decided) {
    Checks(emitter, properties, decided).run();
}

}  // namespace cowcheck
