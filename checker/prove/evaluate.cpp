#include "checker/prove/evaluate.h"

#include <algorithm>
#include <optional>

namespace cowcheck::prove {

namespace {

constexpr unsigned max_predicates = 16;  // within each other

// Where a predicate is used, the texts of its arguments by their names.
struct Frame {
    std::map<std::string, const ast::Expr*> arguments;
    const Frame* outer = nullptr;
    unsigned depth = 0;
};

class Evaluator {
public:
    Evaluator(const DesignText& design, const std::string& page, const Numbers64& numbers)
        : design_(design), page_(page), n_(numbers) {}

    bool truth(const ast::Expr& expr, const Frame& frame) const {
        switch (expr.kind) {
        case ast::ExprKind::boolean: return expr.number != 0;
        case ast::ExprKind::paren: return truth(expr.operands[0], frame);
        case ast::ExprKind::unary: return !truth(expr.operands[0], frame);
        case ast::ExprKind::binary: return operation(expr, frame);
        case ast::ExprKind::field:  // of one base page that is no KSM page
            if (expr.name == "ksm" || to_text(expr) == "world.thp") return false;
            break;
        case ast::ExprKind::name:
            if (const ast::Expr* argument = argument_of(expr, frame))
                return truth(*argument, *frame.outer);
            break;
        case ast::ExprKind::call:
            if (const ast::Predicate* predicate = predicate_of(expr, frame))
                return truth(predicate->value, inside(*predicate, expr, frame));
            break;
        default: break;
        }
        return value(expr, frame) != 0;
    }

private:
    static const ast::Expr* argument_of(const ast::Expr& name, const Frame& frame) {
        const auto found = frame.arguments.find(name.name);
        return found == frame.arguments.end() ? nullptr : found->second;
    }

    const ast::Predicate* predicate_of(const ast::Expr& call, const Frame& frame) const {
        const ast::Predicate* found = design_.predicate(call.name);
        const bool fits = found != nullptr && frame.depth < max_predicates &&
                          found->parameters.size() == call.operands.size();
        return fits ? found : nullptr;
    }

    static Frame inside(const ast::Predicate& predicate, const ast::Expr& call,
                        const Frame& frame) {
        Frame inner{{}, &frame, frame.depth + 1};
        for (std::size_t i = 0; i < call.operands.size(); ++i)
            inner.arguments.emplace(predicate.parameters[i], &call.operands[i]);
        return inner;
    }

    // As whoever called the predicate would write it.
    ast::Expr outside(ast::Expr expr, const Frame& frame) const {
        if (expr.kind == ast::ExprKind::name)
            if (const ast::Expr* argument = argument_of(expr, frame))
                return outside(*argument, *frame.outer);
        for (ast::Expr& operand : expr.operands) operand = outside(std::move(operand), frame);
        return expr;
    }
    std::string text(const ast::Expr& expr, const Frame& frame) const {
        return to_text(outside(expr, frame));
    }

    std::int64_t value(const ast::Expr& expr, const Frame& frame) const {
        return named(text(expr, frame));
    }
    std::int64_t named(const std::string& name) const {
        const auto found = n_.values.find(name);
        return found == n_.values.end() ? 0 : found->second;
    }

    std::int64_t fitting(std::int64_t number) const {
        return n_.bits == 0 ? number : number & ((std::int64_t{1} << n_.bits) - 1);
    }

    // Nothing: it is compared as what it is called.
    std::optional<std::int64_t> number(const ast::Expr& expr, const Frame& frame) const {
        if (expr.kind == ast::ExprKind::number) return fitting(expr.number);
        if (expr.kind == ast::ExprKind::paren) return number(expr.operands[0], frame);
        if (expr.kind == ast::ExprKind::name)
            if (const ast::Expr* argument = argument_of(expr, frame))
                return number(*argument, *frame.outer);
        if (expr.kind == ast::ExprKind::binary && (expr.name == "+" || expr.name == "-")) {
            const std::int64_t a = number_or_value(expr.operands[0], frame);
            const std::int64_t b = number_or_value(expr.operands[1], frame);
            return fitting(expr.name == "+" ? a + b : a - b);
        }
        if (expr.kind != ast::ExprKind::field) return std::nullopt;
        const std::string whose = text(expr.operands[0], frame);
        if (expr.name == "refcount" && whose == swap_slot)
            return fitting(static_cast<std::int64_t>(n_.counts.swapcount) + 1);
        if (is_count(expr.name))
            return whose == page_ ? static_cast<std::int64_t>(count(expr.name))
                                  : value(expr, frame);
        if (expr.name == "tlb_flush_pending") return value(expr, frame);
        return std::nullopt;
    }
    std::int64_t number_or_value(const ast::Expr& expr, const Frame& frame) const {
        const auto known = number(expr, frame);
        return known ? *known : value(expr, frame);
    }

    std::uint64_t count(std::string_view field) const {
        if (field == "refcount") return n_.counts.refcount;
        if (field == "mapcount") return n_.counts.mapcount;
        return field == "pincount" ? n_.counts.pincount : n_.counts.swapcount;
    }

    bool operation(const ast::Expr& expr, const Frame& frame) const {
        const ast::Expr& left = expr.operands[0];
        const ast::Expr& right = expr.operands[1];
        if (expr.name == "and") return truth(left, frame) && truth(right, frame);
        if (expr.name == "or") return truth(left, frame) || truth(right, frame);
        if (expr.name == "implies") return !truth(left, frame) || truth(right, frame);
        const bool asks_equal = expr.name == "==" || expr.name == "!=";
        if (asks_equal && !number(left, frame) && !number(right, frame)) {
            const bool equal = named(text(left, frame) + " == " + text(right, frame)) != 0;
            return equal == (expr.name == "==");
        }
        const std::int64_t a = number_or_value(left, frame);
        const std::int64_t b = number_or_value(right, frame);
        if (expr.name == "==") return a == b;
        if (expr.name == "!=") return a != b;
        if (expr.name == "<") return a < b;
        if (expr.name == "<=") return a <= b;
        return expr.name == ">" ? a > b : a >= b;
    }

    const DesignText& design_;
    const std::string& page_;
    const Numbers64& n_;
};

// What the references of a witness sum up to, before anything overflows.
PlainCounts sums_of(const Setting& setting, const Witness& witness) {
    PlainCounts sums;
    for (const auto& [part, n] : witness.parts) {
        const unsigned weight = setting.folio == FolioKind::small ? part->refs : part->large_refs;
        const auto pages = witness.values.find("nr_pages");
        if (weight != nr_pages_weight)
            sums.refcount += weight * n;
        else if (pages != witness.values.end())
            sums.refcount += static_cast<std::uint64_t>(pages->second);
        if (part->mapping) sums.mapcount += n;
        if (part->pin && setting.folio != FolioKind::small) sums.pincount += n;
        if (part->swap) sums.swapcount += n;
    }
    return sums;
}

template <class Has>
bool any_part(const Witness& witness, Has&& has) {
    return std::any_of(witness.parts.begin(), witness.parts.end(),
                       [&](const auto& one) { return has(*one.first); });
}

// Whether the guard's answer is the one that the question is about, and wrong.
bool is_wrong(const Setting& setting, Subject subject, const Witness& witness, bool answer) {
    const bool says = setting.claim == Claim::shared ? !answer : answer;
    const bool reached =
        any_part(witness, [](const Part& part) { return part.whose == Whose::others; });
    const bool pinned = any_part(witness, [](const Part& part) { return part.pin; });
    switch (subject) {
    case Subject::sound: return says && reached;
    case Subject::complete: return !says && !reached;
    case Subject::false_negative: return !says && pinned;
    case Subject::false_positive: break;
    }
    return says && !pinned;
}

std::string yes_no(bool truth) { return truth ? "true" : "false"; }

}  // namespace

bool evaluate(const DesignText& design, const ast::Expr& condition, const std::string& page,
              const Numbers64& numbers) {
    return Evaluator(design, page, numbers).truth(condition, {});
}

std::string why_not_so(const Setting& setting, Subject subject, const Witness& witness) {
    const Guard& guard = setting.guard;
    const bool overflows =
        setting.numbers == Numbers::overflow || setting.numbers == Numbers::wrapped;
    Numbers64 numbers{sums_of(setting, witness), setting.numbers == Numbers::integers ? 0U : 32U,
                      witness.values};
    if (overflows)
        for (std::uint64_t* count : {&numbers.counts.refcount, &numbers.counts.mapcount,
                                     &numbers.counts.pincount, &numbers.counts.swapcount})
            *count &= 0xffffffffU;
    if (setting.folio != FolioKind::hugetlb)
        numbers.values[guard.page + ".swapcache"] = witness.number_of("swap_cache") != 0 ? 1 : 0;
    const PlainCounts& counts = numbers.counts;
    if (counts.refcount != witness.refcount || counts.mapcount != witness.mapcount ||
        counts.pincount != witness.pincount || counts.swapcount != witness.swapcount)
        return "its references are refcount " + std::to_string(counts.refcount) + ", mapcount " +
               std::to_string(counts.mapcount) + ", and not refcount " +
               std::to_string(witness.refcount) + ", mapcount " + std::to_string(witness.mapcount);
    for (const Fact& fact : guard.facts)
        if (evaluate(setting.design, *fact.condition, guard.page, numbers) != fact.holds)
            return "'" + to_text(*fact.condition) + "', known on the way, is " +
                   yes_no(!fact.holds) + " with it";
    const bool answer = evaluate(setting.design, *guard.condition, guard.page, numbers);
    if (!is_wrong(setting, subject, witness, answer))
        return "the test is " + yes_no(answer) + " with it, and right";
    return {};
}

}  // namespace cowcheck::prove
