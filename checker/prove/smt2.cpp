#include "checker/prove/query.h"

#include <set>
#include <sstream>

namespace cowcheck::prove {

namespace {

void collect(const z3::expr& expr, std::set<std::string>& seen, std::vector<z3::expr>& found) {
    if (!expr.is_app()) return;
    if (expr.is_const() && expr.decl().decl_kind() == Z3_OP_UNINTERPRETED) {
        if (seen.insert(expr.to_string()).second) found.push_back(expr);
        return;
    }
    for (unsigned i = 0; i < expr.num_args(); ++i) collect(expr.arg(i), seen, found);
}

std::string_view meaning_of(const Query& query, const z3::expr& constant) {
    for (const auto& [part, count] : query.parts)
        if (z3::eq(count, constant)) return part->many;
    return "";
}

}  // namespace

std::string to_smt2(const Query& query, Outcome outcome) {
    std::ostringstream out;
    out << "; " << query.question << "\n"
        << "; unsat: proved. sat: refuted; (get-model) is a witness.\n"
        << "(set-logic " << (query.arithmetic.width() == 0 ? "QF_LIA" : "QF_BV") << ")\n"
        << "(set-info :status "
        << (outcome == Outcome::proved    ? "unsat"
            : outcome == Outcome::refuted ? "sat"
                                          : "unknown")
        << ")\n\n";
    std::set<std::string> seen;
    std::vector<z3::expr> constants;
    for (const auto& [part, count] : query.parts) collect(count, seen, constants);
    for (const Assertion& assertion : query.assertions) collect(assertion.formula, seen, constants);
    for (const z3::expr& constant : constants) {
        out << "(declare-const " << constant << " " << constant.get_sort() << ")";
        if (const auto meaning = meaning_of(query, constant); !meaning.empty())
            out << "  ; " << meaning;
        out << "\n";
    }
    for (const Assertion& assertion : query.assertions)
        out << "\n; " << assertion.meaning << "\n(assert (! " << assertion.formula << "\n  :named "
            << assertion.name << "))\n";
    out << "\n(check-sat)\n";
    return out.str();
}

}  // namespace cowcheck::prove
