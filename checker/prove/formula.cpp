#include "checker/prove/formula.h"

#include "checker/prove/guards.h"

#include <array>
#include <optional>
#include <string_view>

namespace cowcheck::prove {

z3::expr Arithmetic::value(std::uint64_t n) const {
    return width_ == 0 ? context_->int_val(n) : context_->bv_val(n, width_);
}

z3::expr Arithmetic::constant(const std::string& name) const {
    return width_ == 0 ? context_->int_const(name.c_str())
                       : context_->bv_const(name.c_str(), width_);
}

z3::expr Arithmetic::less(const z3::expr& a, const z3::expr& b) const {
    return width_ == 0 ? a < b : z3::ult(a, b);
}

z3::expr Arithmetic::at_most(const z3::expr& a, const z3::expr& b) const {
    return width_ == 0 ? a <= b : z3::ule(a, b);
}

namespace {

constexpr unsigned max_predicates = 16;  // within each other; the compiler refuses more

// What the parameters of a predicate stand for, where it is used.
struct Scope {
    const ast::Predicate* predicate = nullptr;
    const ast::Expr* call = nullptr;
    const Scope* outer = nullptr;
    unsigned depth = 0;

    [[nodiscard]] const ast::Expr* argument(const std::string& name) const {
        if (predicate == nullptr) return nullptr;
        for (std::size_t i = 0; i < predicate->parameters.size(); ++i)
            if (predicate->parameters[i] == name) return &call->operands[i];
        return nullptr;
    }
};

class Translator {
public:
    Translator(const DesignText& design, const std::string& page, const Counts& counts,
               const Arithmetic& arithmetic, Unknowns& unknowns)
        : design_(design), page_(page), counts_(counts), a_(arithmetic), unknowns_(unknowns) {}

    z3::expr truth(const ast::Expr& expr, const Scope& scope) {
        switch (expr.kind) {
        case ast::ExprKind::boolean: return context().bool_val(expr.number != 0);
        case ast::ExprKind::paren: return truth(expr.operands[0], scope);
        case ast::ExprKind::unary: return !truth(expr.operands[0], scope);
        case ast::ExprKind::name:
            if (const ast::Expr* argument = scope.argument(expr.name))
                return truth(*argument, *scope.outer);
            return unknown(expr, scope);
        case ast::ExprKind::binary: return binary(expr, scope);
        case ast::ExprKind::field:  // one page is looked at, not the rest of its THP, and no KSM
                                    // page
            return to_text(expr) == "world.thp" || expr.name == "ksm" ? context().bool_val(false)
                                                                      : unknown(expr, scope);
        case ast::ExprKind::call:
            if (const auto inner = enter(expr, scope))
                return truth(inner->predicate->value, *inner);
            return unknown(expr, scope);
        default: return unknown(expr, scope);
        }
    }

private:
    z3::context& context() const { return a_.context(); }

    // With the parameters replaced by what they stand for.
    std::string text(const ast::Expr& expr, const Scope& scope) const {
        if (expr.kind == ast::ExprKind::name)
            if (const ast::Expr* argument = scope.argument(expr.name))
                return text(*argument, *scope.outer);
        if (scope.predicate == nullptr) return to_text(expr);
        ast::Expr replaced = expr;
        replace(replaced, scope);
        return to_text(replaced);
    }

    void replace(ast::Expr& expr, const Scope& scope) const {
        if (expr.kind == ast::ExprKind::name)
            if (const ast::Expr* argument = scope.argument(expr.name))
                expr.name = text(*argument, *scope.outer);
        for (ast::Expr& operand : expr.operands) replace(operand, scope);
    }

    std::optional<Scope> enter(const ast::Expr& call, const Scope& scope) const {
        const ast::Predicate* predicate = design_.predicate(call.name);
        if (predicate == nullptr || scope.depth >= max_predicates ||
            predicate->parameters.size() != call.operands.size())
            return std::nullopt;
        return Scope{predicate, &call, &scope, scope.depth + 1};
    }

    z3::expr remember(const std::string& text, bool number) {
        const auto found = unknowns_.find(text);
        if (found != unknowns_.end()) return found->second;
        const z3::expr fresh = number ? a_.constant(text) : context().bool_const(text.c_str());
        unknowns_.emplace(text, fresh);
        return fresh;
    }

    z3::expr unknown(const ast::Expr& expr, const Scope& scope) {
        return remember(text(expr, scope), false);
    }

    // Numbers are counts, literals and their sums; anything else that is compared is no
    // number as far as this page is concerned.
    bool is_number(const ast::Expr& expr, const Scope& scope) const {
        if (expr.kind == ast::ExprKind::number) return true;
        if (expr.kind == ast::ExprKind::paren) return is_number(expr.operands[0], scope);
        if (expr.kind == ast::ExprKind::name)
            if (const ast::Expr* argument = scope.argument(expr.name))
                return is_number(*argument, *scope.outer);
        if (expr.kind == ast::ExprKind::binary) return expr.name == "+" || expr.name == "-";
        return expr.kind == ast::ExprKind::field &&
               (is_count(expr.name) || expr.name == "tlb_flush_pending");
    }

    z3::expr number(const ast::Expr& expr, const Scope& scope) {
        switch (expr.kind) {
        case ast::ExprKind::number: return a_.value(static_cast<std::uint64_t>(expr.number));
        case ast::ExprKind::paren: return number(expr.operands[0], scope);
        case ast::ExprKind::name:
            if (const ast::Expr* argument = scope.argument(expr.name))
                return number(*argument, *scope.outer);
            break;
        case ast::ExprKind::binary:
            if (expr.name == "+")
                return number(expr.operands[0], scope) + number(expr.operands[1], scope);
            if (expr.name == "-")
                return number(expr.operands[0], scope) - number(expr.operands[1], scope);
            break;
        case ast::ExprKind::field:
            if (is_count(expr.name) && text(expr.operands[0], scope) == page_)
                return count(expr.name);
            if (expr.name == "refcount" && text(expr.operands[0], scope) == swap_slot)
                return counts_.swapcount + a_.value(1);
            break;
        default: break;
        }
        return remember(text(expr, scope), true);
    }

    z3::expr count(std::string_view field) const {
        if (field == "refcount") return counts_.refcount;
        if (field == "mapcount") return counts_.mapcount;
        return field == "pincount" ? counts_.pincount : counts_.swapcount;
    }

    z3::expr binary(const ast::Expr& expr, const Scope& scope) {
        const ast::Expr& left = expr.operands[0];
        const ast::Expr& right = expr.operands[1];
        if (expr.name == "and") return truth(left, scope) && truth(right, scope);
        if (expr.name == "or") return truth(left, scope) || truth(right, scope);
        if (expr.name == "implies") return z3::implies(truth(left, scope), truth(right, scope));
        const bool ordered = expr.name != "==" && expr.name != "!=";
        if (!ordered && !is_number(left, scope) && !is_number(right, scope)) {
            const z3::expr equal = remember(text(left, scope) + " == " + text(right, scope), false);
            return expr.name == "==" ? equal : !equal;
        }
        const z3::expr a = number(left, scope);
        const z3::expr b = number(right, scope);
        if (expr.name == "==") return a == b;
        if (expr.name == "!=") return a != b;
        if (expr.name == "<") return a_.less(a, b);
        if (expr.name == "<=") return a_.at_most(a, b);
        return expr.name == ">" ? a_.less(b, a) : a_.at_most(b, a);
    }

    const DesignText& design_;
    const std::string& page_;
    const Counts& counts_;
    const Arithmetic& a_;
    Unknowns& unknowns_;
};

}  // namespace

z3::expr translate(const DesignText& design, const ast::Expr& condition, const std::string& page,
                   const Counts& counts, const Arithmetic& arithmetic, Unknowns& unknowns) {
    return Translator(design, page, counts, arithmetic, unknowns).truth(condition, Scope{});
}

}  // namespace cowcheck::prove
