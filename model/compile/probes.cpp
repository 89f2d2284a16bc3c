#include "model/compile/probes.h"

#include "model/compile/expressions.h"

#include <algorithm>
#include <array>

namespace cowcheck {

namespace {

using ast::Expr;
using ast::ExprKind;

std::string text_of(const Expr& expr) {
    const auto list = [](const std::vector<Expr>& items, std::string_view between) {
        std::string text;
        for (const Expr& item : items)
            text += (text.empty() ? "" : std::string(between)) + text_of(item);
        return text;
    };
    switch (expr.kind) {
    case ExprKind::number: return std::to_string(expr.number);
    case ExprKind::boolean: return expr.number != 0 ? "true" : "false";
    case ExprKind::none: return "none";
    case ExprKind::name: return expr.name;
    case ExprKind::field: return text_of(expr.operands[0]) + "." + expr.name;
    case ExprKind::call: return expr.name + "(" + list(expr.operands, ", ") + ")";
    case ExprKind::phrase: return list(expr.operands, " ");
    case ExprKind::unary: return expr.name + " " + text_of(expr.operands[0]);
    case ExprKind::binary:
        return text_of(expr.operands[0]) + " " + expr.name + " " + text_of(expr.operands[1]);
    case ExprKind::paren: return "(" + text_of(expr.operands[0]) + ")";
    case ExprKind::record:
    case ExprKind::with: break;  // no property has one
    }
    return "...";
}

// The body of a predicate with its arguments put in.
Expr with_arguments(Expr expr, const ast::Predicate& predicate, const std::vector<Expr>& values) {
    if (expr.kind == ExprKind::name)
        for (std::size_t i = 0; i < values.size(); ++i)
            if (predicate.parameters[i] == expr.name) return values[i];
    for (Expr& operand : expr.operands)
        operand = with_arguments(std::move(operand), predicate, values);
    return expr;
}

bool is_logic(const Expr& expr) {
    return (expr.kind == ExprKind::binary &&
            (expr.name == "and" || expr.name == "or" || expr.name == "implies")) ||
           (expr.kind == ExprKind::unary && expr.name == "not");
}

bool is_literal(const Expr& expr) {
    return expr.kind == ExprKind::number || expr.kind == ExprKind::boolean ||
           expr.kind == ExprKind::none;
}

const Expr& without_parens(const Expr& expr) {
    return expr.kind == ExprKind::paren ? without_parens(expr.operands[0]) : expr;
}

class Maker {
public:
    Maker(Program& program, const PropertySet& set)
        : program_(program), set_(set), e_(program, ignored_), x_(e_) {}

    void property(const ast::Property& property, std::vector<Probe>& out) {
        for (const ast::Clause& clause : property.clauses) {
            names_.clear();
            if (clause.kind == ast::ClauseKind::at)
                names_ = {{"mm", fixed(Type::mm, Reg::mm)},
                          {"va", fixed(Type::va, Reg::va)},
                          {"page", fixed(Type::page, Reg::page)},
                          {"pin", fixed(Type::pin, Reg::pin)}};
            Probe probe{clause.kind, clause.event, clause.for_each, {}, {}, {}};
            choose(clause, probe, out);
        }
    }

private:
    static Variable fixed(Type type, std::uint8_t reg) {
        return Variable{type, Variable::Kind::reg, 0, reg, {}};
    }

    struct Range {
        std::string_view name;
        Type type;
        Scope scope;
    };

    void choose(const ast::Clause& clause, Probe& probe, std::vector<Probe>& out) {
        static constexpr std::array<Range, 4> ranges{{{"pin", Type::pin, Scope::pin},
                                                      {"mm", Type::mm, Scope::mm},
                                                      {"page", Type::page, Scope::page},
                                                      {"cpu", Type::cpu, Scope::tlb}}};
        if (probe.choice.size() == clause.for_each.size()) {
            out.push_back(probe);
            add(clause.value, 0, out.back());
            Context context = this->context();
            out.back().says = compile_words(e_, x_, clause, context);
            return;
        }
        const std::string& what = clause.for_each[probe.choice.size()];
        Type type = Type::va;
        unsigned count = program_.layout.pages;
        for (const Range& range : ranges)
            if (range.name == what) {
                type = range.type;
                count = program_.layout.size(range.scope);
            }
        for (unsigned i = 0; i < count; ++i) {
            names_.insert_or_assign(what, Variable{type, Variable::Kind::constant, i, 0, {}});
            probe.choice.push_back(i);
            choose(clause, probe, out);
            probe.choice.pop_back();
        }
    }

    // The clauses have been compiled before: what stands in the wrong place has been refused.
    Context context() {
        Context context;
        context.names = &names_;
        context.predicates = &set_.predicates;
        context.property = true;
        context.deadlocked = true;
        context.needed = true;
        context.writes = true;
        return context;
    }

    const ast::Predicate* predicate(const Expr& call) const {
        for (const ast::Predicate& one : set_.predicates)
            if (one.name == call.name && one.parameters.size() == call.operands.size()) return &one;
        return nullptr;
    }

    void add(const Expr& whole, unsigned depth, Probe& probe) {
        const Expr& expr = without_parens(whole);
        if (is_literal(expr) && depth > 0) return;
        e_.free_scratch();
        Context context = this->context();
        ProbePart part{text_of(expr), depth, Type::boolean, e_.here(), 0, {}};
        const Value value = x_.compile(expr, context);
        part.type = value.type;
        part.reg = e_.in_register(value, expr.span);
        e_.emit(Code::end);
        if (expr.kind == ExprKind::binary && (expr.name == "and" || expr.name == "implies"))
            part.shortcut = ProbePart::Shortcut::when_false;
        if (expr.kind == ExprKind::binary && expr.name == "or")
            part.shortcut = ProbePart::Shortcut::when_true;
        probe.parts.push_back(std::move(part));
        if (is_logic(expr) || expr.kind == ExprKind::binary) {
            for (const Expr& operand : expr.operands) add(operand, depth + 1, probe);
        } else if (expr.kind == ExprKind::call) {
            if (const ast::Predicate* body = predicate(expr))
                add(with_arguments(body->value, *body, expr.operands), depth + 1, probe);
        }
    }

    Program& program_;
    const PropertySet& set_;
    Diagnostics ignored_;  // the properties have been compiled before
    Emitter e_;
    Expressions x_;
    Names names_;
};

}  // namespace

Probes make_probes(const Program& program, const PropertySet& properties,
                   std::string_view property) {
    Probes probes{program, {}};
    Maker maker(probes.program, properties);
    for (const ast::Property& one : properties.properties)
        if (one.name == property) maker.property(one, probes.list);
    return probes;
}

}  // namespace cowcheck
