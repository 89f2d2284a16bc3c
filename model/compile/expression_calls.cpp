// Predicates, phrases and the ghost functions of properties.
#include "model/compile/expressions.h"

#include <algorithm>
#include <array>

namespace cowcheck {

namespace {

bool is_word(const ast::Expr& expr, std::string_view word) {
    return expr.kind == ast::ExprKind::name && expr.name == word;
}

// Whether a phrase starts with these words; what is left are its arguments.
bool starts_with(const ast::Expr& phrase, std::initializer_list<std::string_view> words) {
    return phrase.operands.size() >= words.size() &&
           std::equal(words.begin(), words.end(), phrase.operands.begin(),
                      [](std::string_view word, const ast::Expr& e) { return is_word(e, word); });
}

// What a phrase about a THP gives, where it is one.
std::optional<Type> type_of_thp_phrase(const ast::Expr& phrase) {
    if (starts_with(phrase, {"split", "folio"})) return Type::boolean;
    if (starts_with(phrase, {"zeroed", "huge", "page"}) ||
        starts_with(phrase, {"huge", "copy", "of"}) || starts_with(phrase, {"subpage", "of"}))
        return Type::page;
    return std::nullopt;
}

struct GhostFunction {
    std::string_view name;
    Code code;
    Type result;
    std::array<Type, 3> parameters;  // Type::error: no such parameter
};

constexpr std::array<GhostFunction, 10> ghost_functions{
    {{"zapping", Code::zapping, Type::boolean, {Type::mm, Type::va, Type::error}},
     {"uffd_wp_promised", Code::wp_promised, Type::boolean, {Type::mm, Type::va, Type::error}},
     {"stores_barred", Code::stores_barred, Type::boolean, {Type::mm, Type::va, Type::error}},
     {"translated", Code::translated, Type::boolean, {Type::mm, Type::va, Type::error}},
     {"quiet", Code::quiet_mm, Type::boolean, {Type::mm, Type::error, Type::error}},
     {"mapped_outside",
      Code::mapped_outside,
      Type::boolean,
      {Type::page, Type::error, Type::error}},
     {"references", Code::references, Type::number, {Type::page, Type::error, Type::error}},
     {"mappings", Code::mappings, Type::number, {Type::page, Type::error, Type::error}},
     {"pmd_mappings", Code::pmd_mappings, Type::number, {Type::page, Type::error, Type::error}},
     {"reachable_by_others", Code::reachable, Type::boolean, {Type::mm, Type::page, Type::error}}}};

}  // namespace

Value Expressions::call(const ast::Expr& expr, Context& context) {
    if (context.property)
        if (const auto value = ghost(expr, context)) return *value;
    if (!context.property && expr.name == "identical" && expr.operands.size() == 2) {
        const auto page = [&](std::size_t i) {
            return e_.in_register(compile(expr.operands[i], context, Type::page), expr.span);
        };
        const std::uint8_t a = page(0);
        const std::uint8_t b = page(1);
        const std::uint8_t reg = e_.scratch(expr.span);
        e_.emit(Code::identical, reg, a, b);
        return in(Type::boolean, reg);
    }
    if (const ast::Predicate* found = find_predicate(expr.name, context))
        return predicate(expr, *found, context);
    std::vector<std::string_view> names;
    if (context.design != nullptr) names = context.design->predicate_names();
    if (context.predicates != nullptr)
        for (const auto& p : *context.predicates) names.push_back(p.name);
    if (context.property) {
        for (const auto& g : ghost_functions) names.push_back(g.name);
        names.insert(names.end(),
                     {"references_but_pins", "entitled", "holds_expected", "soft_dirty_promised",
                      "soft_dirty_owed", "stale_translation", "has_vma", "tlb", "pte", "spte"});
    }
    e_.complain(expr.span, "there is no predicate '" + expr.name + "'",
                did_you_mean(expr.name, names));
    return {};
}

const ast::Predicate* Expressions::find_predicate(const std::string& name,
                                                  const Context& context) const {
    if (context.predicates == nullptr)
        return context.design != nullptr ? context.design->predicate(name) : nullptr;
    const auto found = std::find_if(context.predicates->begin(), context.predicates->end(),
                                    [&](const ast::Predicate& p) { return p.name == name; });
    return found != context.predicates->end() ? &*found : nullptr;
}

std::optional<Names> Expressions::arguments(const ast::Expr& expr, const ast::Predicate& predicate,
                                            Context& context) {
    used_.insert(&predicate);
    if (expr.operands.size() != predicate.parameters.size()) {
        e_.complain(expr.span, "'" + predicate.name + "' takes " +
                                   std::to_string(predicate.parameters.size()) +
                                   " arguments, not " + std::to_string(expr.operands.size()));
        return std::nullopt;
    }
    if (context.depth > 16) {
        e_.complain(predicate.span, "'" + predicate.name + "' is defined by itself");
        return std::nullopt;
    }
    Names names;
    for (std::size_t i = 0; i < expr.operands.size(); ++i) {
        const Value value = compile(expr.operands[i], context);
        Variable variable;
        variable.type = value.type;
        variable.kind = value.constant ? Variable::Kind::constant : Variable::Kind::reg;
        variable.number = value.number;
        variable.reg = value.reg;
        if (value.type == Type::flags && context.names != nullptr)
            variable.flags = context.names->at(expr.operands[i].name).flags;
        names.insert_or_assign(predicate.parameters[i], variable);
    }
    return names;
}

Value Expressions::predicate(const ast::Expr& expr, const ast::Predicate& predicate,
                             Context& context) {
    auto names = arguments(expr, predicate, context);
    if (!names) return {};
    Context inner = context;
    inner.names = &*names;
    ++inner.depth;
    return compile(predicate.value, inner);
}

// The instruction goes by the event's own va: another one stands in its place meanwhile.
Value Expressions::holds_expected(const ast::Expr& expr, Context& context) {
    const auto argument = [&](std::size_t i, Type type) {
        return e_.in_register(compile(expr.operands[i], context, type), expr.span);
    };
    const std::uint8_t va = argument(1, Type::va);
    const std::uint8_t mm = argument(0, Type::mm);
    const std::uint8_t page = argument(2, Type::page);
    const std::uint8_t reg = e_.scratch(expr.span);
    if (va == Reg::va) {
        e_.emit(Code::holds_expected, reg, mm, page);
        return in(Type::boolean, reg);
    }
    const std::uint8_t own = e_.scratch(expr.span);
    const auto event_va = context.names->find("va");
    const bool in_event = event_va != context.names->end() &&
                          event_va->second.kind == Variable::Kind::reg &&
                          event_va->second.reg == Reg::va;
    if (in_event) e_.emit(Code::move, own, Reg::va);
    e_.emit(Code::move, Reg::va, va);
    e_.emit(Code::holds_expected, reg, mm, page);
    if (in_event) e_.emit(Code::move, Reg::va, own);
    return in(Type::boolean, reg);
}

std::optional<Value> Expressions::ghost(const ast::Expr& expr, Context& context) {
    const auto argument = [&](std::size_t i, Type type) {
        return e_.in_register(compile(expr.operands[i], context, type), expr.span);
    };
    const auto binary_ghost = [&](Code code, Type result, std::uint8_t b, std::uint8_t c) {
        const std::uint8_t reg = e_.scratch(expr.span);
        e_.emit(code, reg, b, c);
        return in(result, reg);
    };
    const std::size_t n = expr.operands.size();
    if (expr.name == "entitled" && n == 2) {
        const Value who = compile(expr.operands[0], context);
        const std::uint8_t page = argument(1, Type::page);
        if (who.type != Type::pin && who.type != Type::mm) {
            e_.complain(expr.span, "only a pin or a process (mm) is entitled to something");
            return Value{};
        }
        return binary_ghost(who.type == Type::pin ? Code::entitled_pin : Code::entitled_mm,
                            Type::boolean, e_.in_register(who, expr.span), page);
    }
    if (expr.name == "holds_expected" && n == 3) {
        return holds_expected(expr, context);
    }
    if (expr.name == "references_but_pins" && n == 1) {
        const std::uint8_t page = argument(0, Type::page);
        const std::uint8_t reg = e_.scratch(expr.span);
        e_.emit(Code::references, reg, page, 0, 1);
        return in(Type::number, reg);
    }
    if (expr.name == "has_vma" && n == 2) {
        const std::uint8_t index = e_.scratch(expr.span);
        e_.emit(Code::pte_index, index, argument(0, Type::mm), argument(1, Type::va));
        return load(Type::boolean, Field::mapped, index, expr.span);
    }
    if (expr.name == "stale_translation" && n == 2) {
        const std::uint8_t mm = argument(0, Type::mm);
        const std::uint8_t va = argument(1, Type::va);
        const std::uint8_t reg = e_.scratch(expr.span);
        e_.emit(Code::translated, reg, mm, va, 1);
        return in(Type::boolean, reg);
    }
    if (expr.name == "soft_dirty_owed" && n == 2) {
        const std::uint8_t index = e_.scratch(expr.span);
        e_.emit(Code::pte_index, index, argument(0, Type::mm), argument(1, Type::va));
        return load(Type::boolean, Field::soft_dirty_owed, index, expr.span);
    }
    if (expr.name == "soft_dirty_promised" && n == 1)
        return load(Type::boolean, Field::soft_dirty_armed, argument(0, Type::mm), expr.span);
    // What a PMD that is being split will map is there already.
    if (expr.name == "pte" && n == 2)
        return read_pte(expr.span, argument(0, Type::mm), argument(1, Type::va), context, true);
    if (expr.name == "spte" && n == 2) {
        const std::uint8_t index = e_.scratch(expr.span);
        e_.emit(Code::pte_index, index, argument(0, Type::mm), argument(1, Type::va));
        return load(Type::pte, Field::spte, index, expr.span);
    }
    if (expr.name == "tlb" && n == 1)  // one value per CPU and virtual page: see for each cpu
        return in(Type::tlb, argument(0, Type::cpu));
    for (const auto& function : ghost_functions) {
        if (function.name != expr.name) continue;
        const auto arity = static_cast<std::size_t>(
            std::count_if(function.parameters.begin(), function.parameters.end(),
                          [](Type type) { return type != Type::error; }));
        if (n != arity) break;
        const std::uint8_t b = argument(0, function.parameters[0]);
        const std::uint8_t c = arity > 1 ? argument(1, function.parameters[1]) : 0;
        return binary_ghost(function.code, function.result, b, c);
    }
    return std::nullopt;
}

Value Expressions::phrase(const ast::Expr& expr, Context& context) {
    const auto result = [&](Type type, Code code, unsigned b = 0, unsigned imm = 0) {
        const std::uint8_t reg = e_.scratch(expr.span);
        e_.emit(code, reg, b, 0, imm);
        return in(type, reg);
    };
    const auto page_at = [&](std::size_t i) {
        return e_.in_register(compile(expr.operands[i], context, Type::page), expr.span);
    };
    const std::size_t n = expr.operands.size();
    if (!context.property && !e_.program().world.thp())
        if (const auto type = type_of_thp_phrase(expr)) {
            e_.not_in_world(expr.span);
            return constant(*type, 0);
        }
    if (!context.property) {
        if (n == 2 && starts_with(expr, {"trylock"}))
            return result(Type::boolean, Code::trylock_page, folio(page_at(1), expr.span));
        if (n == 3 && starts_with(expr, {"try", "get"}))
            return result(Type::boolean, Code::try_get, folio(page_at(2), expr.span), 1);
        if (n == 3 && starts_with(expr, {"try", "pin"}))
            return result(Type::boolean, Code::try_get, folio(page_at(2), expr.span),
                          gup_pin_counting_bias);
        if (n == 3 && starts_with(expr, {"split", "folio"}))
            return result(Type::boolean, Code::split_folio, page_at(2), 1);
        if (n == 3 && starts_with(expr, {"load", "through", "tlb"}))
            return result(Type::boolean, Code::try_load);
        if (n == 3 && starts_with(expr, {"store", "through", "tlb"}))
            return result(Type::boolean, Code::try_store, 0, context.zeroes ? 1 : 0);
        if (n == 3 && starts_with(expr, {"walk", "for", "reading"}))
            return result(Type::boolean, Code::walk, 0, 0);
        if (n == 3 && starts_with(expr, {"walk", "for", "writing"}))
            return result(Type::boolean, Code::walk, 0, 1);
        if (n == 2 && starts_with(expr, {"zeroed", "page"})) return result(Type::page, Code::alloc);
        if (n == 3 && starts_with(expr, {"zeroed", "huge", "page"}))
            return result(Type::page, Code::alloc_huge);
        if (n == 4 && starts_with(expr, {"huge", "copy", "of"})) {
            const Value pmd = compile(expr.operands[3], context, Type::pte);
            const std::uint8_t from = e_.in_register(pmd, expr.span);
            e_.demand(from, PteBit::huge, expr.span);
            return result(Type::page, Code::copy_huge, from, context.fault);
        }
        if (n == 3 && starts_with(expr, {"subpage", "of"})) {
            const std::uint8_t page = page_at(2);
            const std::uint8_t reg = e_.scratch(expr.span);
            e_.emit(Code::subpage, reg, page, Reg::va);
            return in(Type::page, reg);
        }
        if (n == 3 && starts_with(expr, {"copy", "of"}))
            return result(Type::page, Code::copy, page_at(2),
                          context.fault                                ? 1
                          : e_.program().layout.has(Field::constraint) ? 2
                                                                       : 0);
        if (n == 3 && starts_with(expr, {"twin", "of"}))
            return result(Type::page, Code::twin, page_at(2));
        if (n == 2 && starts_with(expr, {"new", "mm"})) return result(Type::mm, Code::new_mm);
        if (n == 2 && starts_with(expr, {"read", "write_protect_seq"})) {
            e_.emit(Code::seq_read);
            return in(Type::seq, Sequence::write_protect);
        }
        if (n == 2 && starts_with(expr, {"read", "invalidate_seq"})) {
            if (!context.secondary_mmu)
                e_.complain(expr.span, "only secondary_fault watches invalidate_seq");
            e_.emit(Code::notifier_read);
            return in(Type::seq, Sequence::invalidate);
        }
        if (n == 4 && starts_with(expr, {"trylock", "vma", "for", "reading"}))
            return result(Type::boolean, Code::trylock_vma);
    }
    std::string text;
    for (const auto& operand : expr.operands) text += (text.empty() ? "" : " ") + operand.name;
    e_.complain(expr.span, "'" + text + "' is not something the language knows",
                "one of: trylock PAGE, trylock vma for reading, try get PAGE, try pin PAGE, "
                "zeroed page, copy of PAGE, zeroed huge page, huge copy of PMD, subpage of PAGE, "
                "split folio PAGE, twin of PAGE, new mm, read write_protect_seq, "
                "read invalidate_seq");
    return {};
}

}  // namespace cowcheck
