#include "verify/ablate/expression_changes.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cowcheck {

namespace {

using ast::Expr;
using ast::ExprKind;

using Words = std::pair<std::string_view, std::string_view>;

constexpr std::array<Words, 6> opposites{{{"==", "!="},
                                          {"!=", "=="},
                                          {"<", ">="},
                                          {">=", "<"},
                                          {">", "<="},
                                          {"<=", ">"}}};

struct Replacement {
    std::string_view word;
    std::string_view by;
    ChangeKind kind;
};

constexpr std::array<Replacement, 3> weaker_words{{{"writing", "reading", ChangeKind::weakened},
                                                   {"pin", "get", ChangeKind::count_off},
                                                   {"unpin", "put", ChangeKind::count_off}}};

// Puts back what it has found.
template <class Value>
class Changed {
public:
    Changed(Value& place, Value value)
        : place_(place), before_(std::exchange(place, std::move(value))) {}
    ~Changed() { place_ = std::move(before_); }
    Changed(const Changed&) = delete;
    Changed& operator=(const Changed&) = delete;

private:
    Value& place_;
    Value before_;
};

template <class Value>
void with_change(Value& place, Value value, ChangeKind kind, const EmitExpression& emit) {
    const Changed changed(place, std::move(value));
    emit(kind);
}

bool is_chain(const Expr& expr) {
    return expr.kind == ExprKind::binary && (expr.name == "and" || expr.name == "or");
}

bool is_comparison(const Expr& expr) {
    return expr.kind == ExprKind::binary &&
           std::any_of(opposites.begin(), opposites.end(),
                       [&](const Words& words) { return words.first == expr.name; });
}

// a, b and c of `a and b and c`, whose tree leans to the left.
void collect_parts(Expr& expr, const std::string& name, std::vector<Expr*>& parts) {
    if (expr.kind != ExprKind::binary || expr.name != name) {
        parts.push_back(&expr);
        return;
    }
    for (Expr& operand : expr.operands) collect_parts(operand, name, parts);
}

Expr chain_without(const std::vector<Expr*>& parts, std::size_t left_out, const Expr& like) {
    std::vector<Expr> rest;
    for (std::size_t i = 0; i < parts.size(); ++i)
        if (i != left_out) rest.push_back(*parts[i]);
    Expr chain = rest.front();
    for (std::size_t i = 1; i < rest.size(); ++i) {
        Expr both;
        both.kind = ExprKind::binary;
        both.name = like.name;
        both.span = like.span;
        both.operands = {std::move(chain), std::move(rest[i])};
        chain = std::move(both);
    }
    return chain;
}

Expr opposite(const Expr& expr) {
    if (expr.kind == ExprKind::unary && expr.name == "not") return expr.operands[0];
    Expr inner = expr;
    // `not` binds more than anything with two sides.
    if (expr.kind == ExprKind::binary) {
        Expr paren;
        paren.kind = ExprKind::paren;
        paren.operands = {std::move(inner)};
        inner = std::move(paren);
    }
    Expr result;
    result.kind = ExprKind::unary;
    result.name = "not";
    result.span = expr.span;
    result.operands = {std::move(inner)};
    return result;
}

// Whatever stands for itself in a chain: `page.anon` but no comparison, which turns by itself.
bool turns_as_a_whole(const Expr& expr) {
    const bool negated = expr.kind == ExprKind::unary && expr.name == "not";
    return !negated && !is_comparison(expr) && !is_chain(expr) && expr.kind != ExprKind::boolean &&
           expr.kind != ExprKind::paren;
}

void change_chain(Expr& expr, const EmitExpression& emit) {
    std::vector<Expr*> parts;
    collect_parts(expr, expr.name, parts);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        Expr rest = chain_without(parts, i, expr);
        Expr before = std::exchange(expr, std::move(rest));
        emit(ChangeKind::part_dropped);
        expr = std::move(before);
        parts.clear();  // they have moved
        collect_parts(expr, expr.name, parts);
    }
    for (Expr* part : parts) {
        if (turns_as_a_whole(*part))
            with_change(*part, opposite(*part), ChangeKind::turned, emit);
        change_within(*part, emit);
    }
}

void change_number(Expr& expr, const EmitExpression& emit) {
    for (const std::int64_t by : {1, -1})
        if (expr.number + by >= 0)
            with_change(expr.number, expr.number + by, ChangeKind::count_off, emit);
}

void change_fields(Expr& expr, const EmitExpression& emit) {
    for (std::size_t i = 0; i < expr.fields.size(); ++i) {
        auto rest = expr.fields;
        rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
        with_change(expr.fields, std::move(rest), ChangeKind::bit_forgotten, emit);
    }
    for (auto& field : expr.fields)
        for (Expr& value : field.value) change_within(value, emit);
}

void change_word(Expr& word, const EmitExpression& emit) {
    for (const Replacement& one : weaker_words)
        if (word.kind == ExprKind::name && word.name == one.word)
            with_change(word.name, std::string(one.by), one.kind, emit);
}

}  // namespace

void change_within(Expr& expr, const EmitExpression& emit) {
    if (is_chain(expr)) return change_chain(expr, emit);
    if (expr.kind == ExprKind::number) return change_number(expr, emit);
    if (expr.kind == ExprKind::boolean)
        return with_change(expr.number, std::int64_t{expr.number == 0}, ChangeKind::turned, emit);
    if (is_comparison(expr))
        for (const auto& [word, by] : opposites)
            if (word == expr.name) {
                with_change(expr.name, std::string(by), ChangeKind::turned, emit);
                break;
            }
    if (expr.kind == ExprKind::unary && expr.name == "not")
        with_change(expr, opposite(expr), ChangeKind::turned, emit);
    if (expr.kind == ExprKind::phrase)
        for (Expr& word : expr.operands) change_word(word, emit);
    change_fields(expr, emit);
    for (Expr& operand : expr.operands) change_within(operand, emit);
}

void change_condition(Expr& expr, const EmitExpression& emit) {
    const bool turns_itself =
        is_comparison(expr) || (expr.kind == ExprKind::unary && expr.name == "not");
    if (!turns_itself && expr.kind != ExprKind::boolean)
        with_change(expr, opposite(expr), ChangeKind::turned, emit);
    change_within(expr, emit);
}

}  // namespace cowcheck
