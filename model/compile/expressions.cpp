#include "model/compile/expressions.h"

namespace cowcheck {

Value Expressions::compile(const ast::Expr& expr, Context& context) {
    switch (expr.kind) {
    case ast::ExprKind::number:
        if (expr.number < 0 || expr.number > 0xffff)
            e_.complain(expr.span, "a number is from 0 to 65535");
        return constant(Type::number, expr.number);
    case ast::ExprKind::boolean: return constant(Type::boolean, expr.number);
    case ast::ExprKind::none: return constant(Type::pte, 0);
    case ast::ExprKind::name: return name(expr, context);
    case ast::ExprKind::field: return field(expr, context);
    case ast::ExprKind::call: return call(expr, context);
    case ast::ExprKind::phrase: return phrase(expr, context);
    case ast::ExprKind::unary: return unary(expr, context);
    case ast::ExprKind::binary: return binary(expr, context);
    case ast::ExprKind::record:
        return record(expr.fields, constant(Type::pte, 0), expr.span, context);
    case ast::ExprKind::with:
        return record(expr.fields, compile(expr.operands[0], context, Type::pte), expr.span,
                      context);
    case ast::ExprKind::paren: return compile(expr.operands[0], context);
    }
    return {};
}

Value Expressions::compile(const ast::Expr& expr, Context& context, Type wanted) {
    const Value value = compile(expr, context);
    if (value.type == Type::error || value.type == wanted) return value;
    e_.complain(expr.span, "this is " + std::string(name_of(value.type)) + ", but " +
                               std::string(name_of(wanted)) + " is wanted here");
    return {};
}

Value Expressions::load(Type type, Field field, std::uint8_t index, const SourceSpan& span) {
    const std::uint8_t reg = e_.scratch(span);
    e_.emit(Code::load, reg, index, static_cast<unsigned>(field));
    return in(type, reg);
}

Value Expressions::unary_code(Type type, Code code, std::uint8_t operand, const SourceSpan& span,
                              unsigned imm) {
    const std::uint8_t reg = e_.scratch(span);
    e_.emit(code, reg, operand, 0, imm);
    return in(type, reg);
}

Value Expressions::read_pte(const SourceSpan& span, std::uint8_t mm, std::uint8_t va,
                            const Context& context, bool detached) {
    const std::uint8_t reg = e_.scratch(span);
    Value pte;
    if (e_.program().world.thp()) {
        e_.emit(Code::leaf, reg, mm, va, detached);
        pte = in(Type::pte, reg);
    } else {
        e_.emit(Code::pte_index, reg, mm, va);
        pte = load(Type::pte, Field::pte, reg, span);
    }
    if (context.gup) e_.emit(Code::attach);
    if (context.fault) e_.emit(Code::note_shared, pte.reg);
    return pte;
}

std::uint8_t Expressions::folio(std::uint8_t page, const SourceSpan& span) {
    return e_.program().world.thp() ? unary_code(Type::page, Code::head, page, span).reg : page;
}

Value Expressions::vma(const SourceSpan& span) {
    const std::uint8_t index = e_.scratch(span);
    e_.emit(Code::pte_index, index, Reg::mm, Reg::va);
    return in(Type::vma, index);
}

Value Expressions::name(const ast::Expr& expr, Context& context) {
    if (context.names != nullptr) {
        if (const auto found = context.names->find(expr.name); found != context.names->end()) {
            const Variable& variable = found->second;
            if (variable.kind == Variable::Kind::constant)
                return constant(variable.type, variable.number);
            if (variable.kind == Variable::Kind::reg) return in(variable.type, variable.reg);
            const std::uint8_t reg = e_.scratch(expr.span);
            e_.emit(Code::load_local, reg, 0, 0, static_cast<unsigned>(variable.number));
            return in(variable.type, reg);
        }
    }
    if (!context.property && expr.name == "pte")
        return read_pte(expr.span, Reg::mm, Reg::va, context);
    if (!context.property && expr.name == "spte")
        return load(Type::pte, Field::spte, vma(expr.span).reg, expr.span);
    if (!context.property && expr.name == "ptep")
        return read_pte(expr.span, Reg::mm, Reg::va, context, true);
    if (!context.property && expr.name == "pmd")
        return e_.program().world.thp() ? load(Type::pte, Field::pmd, Reg::mm, expr.span)
                                        : constant(Type::pte, PteBit::table);
    if (!context.property && expr.name == "page_table") return constant(Type::pte, PteBit::table);
    if (!context.property && expr.name == "mm") return in(Type::mm, Reg::mm);
    if (!context.property && expr.name == "vma") return vma(expr.span);
    if (expr.name == "world") return in(Type::world, 0);
    if (expr.name == "zeropage")
        return fixed_page(e_.program().world.zeropage, e_.program().world.frames, expr, context);
    if (expr.name == "huge_zeropage")
        return fixed_page(e_.program().world.has_huge_zeropage(),
                          e_.program().world.huge_zeropage_frame(), expr, context);
    if (expr.name == "swap_slot")
        return fixed_page(e_.program().world.swap(), e_.program().world.swap_frame(), expr,
                          context);
    if (!context.property && expr.name == "swap_cache")
        return e_.program().world.swap() ? unary_code(Type::page, Code::swap_cache, 0, expr.span)
                                         : fixed_page(false, 0, expr, context);
    if (context.property && expr.name == "quiet")
        return unary_code(Type::boolean, Code::quiet, 0, expr.span);
    if (context.deadlocked && expr.name == "deadlocked") return in(Type::boolean, Reg::writes);
    if (context.deadlocked && expr.name == "livelocked") return in(Type::boolean, Reg::page);
    if (context.needed && expr.name == "needed") return in(Type::boolean, Reg::writes);
    if (expr.name == "operation") return in(Type::operation, 0);
    std::vector<std::string_view> known{
        "pte", "ptep",  "pmd",      "page_table",    "spte",      "mm",
        "vma", "world", "zeropage", "huge_zeropage", "swap_slot", "swap_cache"};
    if (context.property) known = {"quiet", "operation", "world", "zeropage"};
    if (context.deadlocked) known.insert(known.end(), {"deadlocked", "livelocked"});
    if (context.needed) known.push_back("needed");
    if (context.names != nullptr)
        for (const auto& [name, variable] : *context.names) known.push_back(name);
    e_.complain(expr.span, "there is no '" + expr.name + "' here", did_you_mean(expr.name, known));
    return {};
}

// A page that is there from the start, if the world has it. Where it has none, a property does
// not come to ask for it, and a handler that does is wrong.
Value Expressions::fixed_page(bool exists, unsigned frame, const ast::Expr& expr,
                              const Context& context) {
    if (!exists && !context.property) e_.not_in_world(expr.span);
    return constant(Type::page, exists ? frame : 0);
}

Value Expressions::unary(const ast::Expr& expr, Context& context) {
    const Value operand = truth(expr.operands[0], context);
    if (operand.type == Type::error) return {};
    if (operand.constant) return constant(Type::boolean, operand.number == 0);
    return unary_code(Type::boolean, Code::invert, operand.reg, expr.span);
}

Value Expressions::binary(const ast::Expr& expr, Context& context) {
    if (expr.name == "and" || expr.name == "or" || expr.name == "implies")
        return logic(expr, context);
    if (expr.name != "+" && expr.name != "-") return compare(expr, context);
    const Value left = compile(expr.operands[0], context, Type::number);
    const Value right = compile(expr.operands[1], context, Type::number);
    if (left.type == Type::error || right.type == Type::error) return {};
    const std::uint8_t a = e_.in_register(left, expr.span);
    const std::uint8_t b = e_.in_register(right, expr.span);
    const std::uint8_t result = e_.scratch(expr.span);
    e_.emit(expr.name == "+" ? Code::add : Code::sub, result, a, b);
    return in(Type::number, result);
}

// The right side is looked at only if the left one leaves the matter open.
Value Expressions::logic(const ast::Expr& expr, Context& context) {
    const Value left = truth(expr.operands[0], context);
    const bool stop_on = expr.name == "or";                            // this left value decides
    const bool decided = expr.name == "or" || expr.name == "implies";  // what it decides
    if (left.type == Type::error) {
        (void)truth(expr.operands[1], context);
        return {};
    }
    const auto right_side = [&] {
        const std::uint16_t begin = e_.here();
        const Value right = truth(expr.operands[1], context);
        if (expr.name == "implies") last_implied_ = begin;
        return right;
    };
    if (left.constant) {
        if ((left.number != 0) != stop_on) return right_side();
        last_implied_ = never_runs;
        return constant(Type::boolean, decided);
    }
    const std::uint8_t result = e_.scratch(expr.span);
    e_.emit(Code::imm, result, 0, 0, decided);
    const std::uint16_t jump = e_.emit(stop_on ? Code::jump_if : Code::jump_unless, left.reg);
    const std::uint16_t begin = e_.here();
    const Value right = right_side();
    if (right.constant && e_.here() == begin && (right.number != 0) != stop_on) {
        e_.shrink(begin - 2U);  // the left side alone decides
        if (expr.name != "implies") return left;
        return constant(Type::boolean, 1);
    }
    if (right.constant)
        e_.emit(Code::imm, result, 0, 0, static_cast<unsigned>(right.number));
    else
        e_.emit(Code::move, result, right.reg);
    e_.set_target(jump, e_.here());
    return in(Type::boolean, result);
}

void Expressions::branch(const ast::Expr& expr, Context& context, bool when,
                         std::vector<std::uint16_t>& jumps) {
    if (expr.kind == ast::ExprKind::paren) return branch(expr.operands[0], context, when, jumps);
    if (expr.kind == ast::ExprKind::unary) return branch(expr.operands[0], context, !when, jumps);
    if (expr.kind == ast::ExprKind::binary &&
        (expr.name == "and" || expr.name == "or" || expr.name == "implies")) {
        const bool decides = expr.name == "or";  // the left value that leaves nothing open
        const bool decided = expr.name != "and";
        std::vector<std::uint16_t> past;
        branch(expr.operands[0], context, decides, decided == when ? jumps : past);
        branch(expr.operands[1], context, when, jumps);
        return e_.set_targets(past, e_.here());
    }
    if (expr.kind == ast::ExprKind::call)
        if (const ast::Predicate* found = find_predicate(expr.name, context))
            if (auto names = arguments(expr, *found, context)) {
                Context inner = context;
                inner.names = &*names;
                ++inner.depth;
                return branch(found->value, inner, when, jumps);
            }
    if (expr.kind == ast::ExprKind::binary && expr.name == "==" &&
        expr.operands[1].kind == ast::ExprKind::number && expr.operands[1].number == 0)
        return branch_on(compile(expr.operands[0], context), !when, jumps);
    branch_on(truth(expr, context), when, jumps);
}

void Expressions::branch_on(const Value& value, bool when, std::vector<std::uint16_t>& jumps) {
    if (!value.constant)
        jumps.push_back(e_.emit(when ? Code::jump_if : Code::jump_unless, value.reg));
    else if ((value.number != 0) == when)
        jumps.push_back(e_.emit(Code::jump));
}

Value Expressions::compare(const ast::Expr& expr, Context& context) {
    const auto side = [&](const ast::Expr& operand) {  // see unless_absent()
        context.compared = operand.kind == ast::ExprKind::field && operand.name == "page";
        const Value value = compile(operand, context);
        context.compared = false;
        return value;
    };
    const Value left = side(expr.operands[0]);
    const Value right = side(expr.operands[1]);
    if (left.type == Type::error || right.type == Type::error) return {};
    if (left.type != right.type) {
        e_.complain(expr.span, "this compares " + std::string(name_of(left.type)) + " with " +
                                   std::string(name_of(right.type)));
        return {};
    }
    const bool ordered = expr.name != "==" && expr.name != "!=";
    if (ordered && left.type != Type::number) {
        e_.complain(expr.span, "only numbers have an order");
        return {};
    }
    if (left.constant && right.constant) {
        const auto a = left.number;
        const auto b = right.number;
        const bool value = expr.name == "=="   ? a == b
                           : expr.name == "!=" ? a != b
                           : expr.name == "<"  ? a < b
                           : expr.name == "<=" ? a <= b
                           : expr.name == ">"  ? a > b
                                               : a >= b;
        return constant(Type::boolean, value);
    }
    std::uint8_t a = e_.in_register(left, expr.span);
    std::uint8_t b = e_.in_register(right, expr.span);
    if (expr.name == ">" || expr.name == ">=") std::swap(a, b);
    const Code code = expr.name == "=="                      ? Code::eq
                      : expr.name == "!="                    ? Code::ne
                      : expr.name == "<" || expr.name == ">" ? Code::lt
                                                             : Code::le;
    const std::uint8_t result = e_.scratch(expr.span);
    e_.emit(code, result, a, b);
    if (left.type == Type::page)
        for (const ast::Expr& operand : expr.operands)
            unless_absent(operand, expr.name == "==", result, context);
    return in(Type::boolean, result);
}

// `pte.page` of a PTE that maps none is no page: equal to none.
void Expressions::unless_absent(const ast::Expr& operand, bool equal, std::uint8_t result,
                                Context& context) {
    if (context.property || operand.kind != ast::ExprKind::field || operand.name != "page") return;
    const Value pte = compile(operand.operands[0], context);
    if (pte.type != Type::pte) return;
    const std::uint8_t maps =
        unary_code(Type::boolean, Code::bit, e_.in_register(pte, operand.span), operand.span,
                   e_.program().world.migration() ? PteBit::has_frame : PteBit::present)
            .reg;
    if (equal) {
        e_.emit(Code::both, result, result, maps);
        return;
    }
    const Value none = unary_code(Type::boolean, Code::invert, maps, operand.span);
    e_.emit(Code::either, result, result, none.reg);
}

}  // namespace cowcheck
