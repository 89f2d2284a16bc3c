#include "verify/program/conditions.h"

#include <algorithm>
#include <array>
#include <set>

namespace cowcheck {

namespace {

struct Word {
    std::string_view word;
    std::uint8_t code;
};

// The same everywhere.
constexpr auto words = std::to_array<Word>({{"fault", SeenCode::fault},
                                            {"waits", SeenCode::waits},
                                            {"unreached", SeenCode::unreached},
                                            {"none", SeenCode::none},
                                            {"zeropage", SeenCode::zeropage},
                                            {"file", SeenCode::file},
                                            {"swapped", SeenCode::swapped},
                                            {"migrating", SeenCode::migrating}});

const ast::Expr& inside(const ast::Expr& expr) {
    return expr.kind == ast::ExprKind::paren ? inside(expr.operands[0]) : expr;
}

bool stands_for_itself(std::uint8_t code) {
    return code == SeenCode::waits || code == SeenCode::unreached;
}

}  // namespace

std::string seen_text(const ProgramPlan& plan, std::size_t index, std::uint8_t code) {
    for (const Word& one : words)
        if (one.code == code) return std::string(one.word);
    switch (plan.seen[index].seen) {
    case Seen::value: return code < plan.values.size() ? plan.values[code] : "?";
    case Seen::result: return "ok";
    case Seen::event: return "event";
    case Seen::bit: return code != 0 ? "true" : "false";
    case Seen::count: return std::to_string(code);
    case Seen::page: break;
    }
    return {static_cast<char>('A' + code - SeenCode::frame)};
}

ProgramConditions::ProgramConditions(const ProgramText& text, const ProgramPlan& plan,
                                     Diagnostics& out)
    : text_(text), plan_(plan) {
    for (const ProgramCondition& condition : text.conditions) {
        pages_.push_back(pages_of(condition.value));
        check(condition.value, out);
    }
}

int ProgramConditions::find(const std::string& name, int va) const {
    for (std::size_t i = 0; i < plan_.seen.size(); ++i)
        if (plan_.seen[i].name == name && (plan_.seen[i].va < 0 || plan_.seen[i].va == va))
            return static_cast<int>(i);
    return -1;
}

std::vector<int> ProgramConditions::pages_of(const ast::Expr& expr) const {
    std::set<int> pages;
    const auto walk = [&](const auto& self, const ast::Expr& one) -> void {
        for (const ast::Expr& operand : one.operands) self(self, operand);
        if (one.kind != ast::ExprKind::name) return;
        for (const PlannedName& known : plan_.seen)
            if (known.name == one.name && known.va >= 0) pages.insert(known.va);
    };
    walk(walk, expr);
    if (pages.empty()) return {-1};
    return {pages.begin(), pages.end()};
}

// A value's name says who makes it; in this program somebody must.
void ProgramConditions::check(const ast::Expr& expr, Diagnostics& out) const {
    for (const ast::Expr& operand : expr.operands) check(operand, out);
    if (expr.kind != ast::ExprKind::name || !is_value_name(expr.name) ||
        std::find(plan_.values.begin(), plan_.values.end(), expr.name) != plan_.values.end())
        return;
    std::string list;
    for (const std::string& value : plan_.values) list += (list.empty() ? "" : ", ") + value;
    out.push_back({expr.span, "nobody stores '" + expr.name + "'; the values are " + list, {}});
}

ProgramConditions::Operand ProgramConditions::operand(const ast::Expr& expr, int va,
                                                      Seen as) const {
    if (expr.kind == ast::ExprKind::number || expr.kind == ast::ExprKind::boolean)
        return {-1, static_cast<std::uint8_t>(expr.number)};
    if (expr.kind == ast::ExprKind::none) return {-1, SeenCode::none};
    if (const int seen = find(expr.name, va); seen >= 0) return {seen, 0};
    for (const Word& one : words)
        if (one.word == expr.name) return {-1, one.code};
    if (as == Seen::value)
        for (std::size_t i = 0; i < plan_.values.size(); ++i)
            if (plan_.values[i] == expr.name) return {-1, static_cast<std::uint8_t>(i)};
    return {-1, SeenCode::ok};  // ok, event
}

ProgramConditions::Truth ProgramConditions::compare(const ast::Expr& expr, int va,
                                                    const SeenAll& seen, bool at_end) const {
    const ast::Expr& left = inside(expr.operands[0]);
    const ast::Expr& right = inside(expr.operands[1]);
    Seen as = Seen::result;
    for (const ast::Expr* side : {&left, &right})
        if (side->kind == ast::ExprKind::name)
            if (const int index = find(side->name, va); index >= 0)
                as = plan_.seen[static_cast<std::size_t>(index)].seen;
    std::array<Operand, 2> both{operand(left, va, as), operand(right, va, as)};
    bool names = true;
    for (Operand& one : both) {
        names = names && one.seen >= 0;
        if (one.seen >= 0) one.code = seen[static_cast<std::size_t>(one.seen)];
        if (!at_end && one.seen >= 0 && one.code == SeenCode::unreached) return std::nullopt;
    }
    const unsigned a = both[0].code;
    const unsigned b = both[1].code;
    const bool equal = a == b && !(names && stands_for_itself(both[0].code));
    if (expr.name == "==") return equal;
    if (expr.name == "!=") return !equal;
    if (a > 3 || b > 3) return false;  // not a count after all
    if (expr.name == "<") return a < b;
    if (expr.name == "<=") return a <= b;
    if (expr.name == ">") return a > b;
    return a >= b;
}

ProgramConditions::Truth ProgramConditions::evaluate(const ast::Expr& expr, int va,
                                                     const SeenAll& seen, bool at_end) const {
    const auto value = [&](std::size_t i) { return evaluate(expr.operands[i], va, seen, at_end); };
    // Three-valued: what decides alone, decides.
    const auto any = [](Truth a, Truth b) -> Truth {
        if ((a && *a) || (b && *b)) return true;
        if (a && b) return false;
        return std::nullopt;
    };
    const auto opposite = [](Truth a) -> Truth {
        if (a) return !*a;
        return std::nullopt;
    };
    switch (expr.kind) {
    case ast::ExprKind::paren: return value(0);
    case ast::ExprKind::boolean: return expr.number != 0;
    case ast::ExprKind::unary: return opposite(value(0));
    case ast::ExprKind::name: {
        const auto code = seen[static_cast<std::size_t>(find(expr.name, va))];
        if (!at_end && code == SeenCode::unreached) return std::nullopt;
        return code == 1;
    }
    default: break;
    }
    if (expr.name == "or") return any(value(0), value(1));
    if (expr.name == "and") return opposite(any(opposite(value(0)), opposite(value(1))));
    if (expr.name == "implies") return any(opposite(value(0)), value(1));
    return compare(expr, va, seen, at_end);
}

ProgramConditions::Truth ProgramConditions::truth(std::size_t condition, const SeenAll& seen,
                                                  bool at_end) const {
    const ProgramCondition& about = text_.conditions[condition];
    const bool all = about.word == ProgramCondition::Word::forall;
    bool known = true;
    for (const int va : pages_[condition]) {
        const Truth one = evaluate(about.value, va, seen, at_end);
        if (one && *one != all) return *one;
        known = known && one.has_value();
    }
    if (known) return all;
    return std::nullopt;
}

bool ProgramConditions::is_so(std::size_t condition, const SeenAll& seen) const {
    return truth(condition, seen, true).value_or(false);
}

std::optional<std::size_t> ProgramConditions::broken(const SeenAll& seen) const {
    for (std::size_t i = 0; i < text_.conditions.size(); ++i) {
        const auto word = text_.conditions[i].word;
        if (word == ProgramCondition::Word::exists) continue;
        const Truth one = truth(i, seen, false);
        if (one && *one != (word == ProgramCondition::Word::forall)) return i;
    }
    return std::nullopt;
}

}  // namespace cowcheck
