#include "checker/prove/query.h"

#include <algorithm>

namespace cowcheck::prove {

namespace {

void limit(z3::solver& solver, std::chrono::milliseconds timeout) {
    z3::params params(solver.ctx());
    params.set("timeout", static_cast<unsigned>(std::clamp<std::int64_t>(
                              timeout.count(), 1, std::int64_t{0xfffffffe})));
    if (timeout.count() == 0) params.set("rlimit", 1U);  // gives up at once, on any machine
    solver.set(params);
}

std::uint64_t number(const z3::model& model, const z3::expr& expr) {
    std::uint64_t value = 0;
    return model.eval(expr, true).is_numeral_u64(value) ? value : 0;
}

// There are at most so many references in all, whatever each weighs.
z3::expr total_is(const Query& query, std::uint64_t most) {
    z3::context& context = query.arithmetic.context();
    z3::expr sum = context.int_val(0);
    for (const auto& [part, count] : query.parts) sum = sum + count;
    return sum <= context.int_val(most);
}

Witness read(const Query& query, const z3::model& model) {
    Witness witness;
    for (const auto& [part, count] : query.parts)
        if (const std::uint64_t n = number(model, count); n != 0)
            witness.parts.emplace_back(part, n);
    witness.refcount = number(model, query.counts[0]);
    witness.mapcount = number(model, query.counts[1]);
    witness.pincount = number(model, query.counts[2]);
    witness.swapcount = number(model, query.counts[3]);
    for (unsigned i = 0; i < model.num_consts(); ++i) {
        const z3::func_decl name = model.get_const_decl(i);
        const z3::expr value = model.get_const_interp(name);
        std::int64_t known = 0;
        if (value.is_true() || (value.is_numeral() && value.is_numeral_i64(known)))
            witness.values[name.name().str()] = value.is_true() ? 1 : known;
    }
    return witness;
}

std::uint64_t sum_of(const Witness& witness) {
    std::uint64_t sum = 0;
    for (const auto& [part, n] : witness.parts) sum += n;
    return sum;
}

// Fewest references of all kinds together. `at_once`: first asks whether there can be fewer at all.
void fewest(const Query& query, z3::solver& solver, Witness& best, bool at_once) {
    for (std::uint64_t low = 0; low < sum_of(best);) {
        const std::uint64_t middle = at_once ? sum_of(best) - 1 : low + (sum_of(best) - low) / 2;
        at_once = false;
        solver.push();
        solver.add(total_is(query, middle));
        const z3::check_result result = solver.check();
        const bool known = best.smallest && result != z3::unknown;
        if (result == z3::sat)
            best = read(query, solver.get_model());
        else
            low = middle + 1;
        solver.pop();
        best.smallest = known;
    }
}

// Where it takes millions of references, it often takes millions of one kind: the search
// through all kinds at once begins at the fewest of those.
void try_single_kinds(const Query& query, z3::solver& solver, Witness& best) {
    const z3::expr zero = query.arithmetic.value(0);
    for (const auto& [kind, count] : query.parts) {
        solver.push();
        for (const auto& [other, many] : query.parts)
            if (other != kind && other != &parts.front()) solver.add(many == zero);
        solver.add(total_is(query, sum_of(best) - 1));
        if (solver.check() == z3::sat) {
            best = read(query, solver.get_model());
            fewest(query, solver, best, false);
        }
        solver.pop();
    }
    best.smallest = true;  // so far: nothing was asked about all kinds together
}

// Fewest references; among those the kinds that come first in the table of parts, and of
// the others as few as possible: so there is one such witness, whatever the solver tries first.
// Bit vectors are no good at this: only for integers.
Witness smallest(const Query& query, z3::solver& solver, Witness best) {
    constexpr std::uint64_t many = 100'000;  // overflows only
    const bool large = sum_of(best) > many;
    if (large) try_single_kinds(query, solver, best);
    fewest(query, solver, best, large);
    const bool known = best.smallest;
    solver.add(total_is(query, sum_of(best)));
    for (auto part = query.parts.rbegin(); part != query.parts.rend(); ++part) {
        // Stays asserted: the rest is searched with no more of this kind.
        const auto at_most = [&](std::uint64_t n) {
            return part->second <= query.arithmetic.context().int_val(n);
        };
        std::uint64_t low = 0;
        for (std::uint64_t now; low < (now = best.number_of(part->first->name));) {
            const std::uint64_t middle = low == 0 ? 0 : low + (now - low) / 2;
            solver.push();
            solver.add(at_most(middle));
            if (solver.check() == z3::sat)
                best = read(query, solver.get_model());
            else
                low = middle + 1;
            solver.pop();
        }
        solver.add(at_most(low));
    }
    best.smallest = known;
    return best;
}

}  // namespace

std::uint64_t Witness::number_of(std::string_view part) const {
    for (const auto& [known, n] : parts)
        if (known->name == part) return n;
    return 0;
}

namespace {

// Z3 4.8.12 gives up on some bit-vector queries with named assertions ("ast is not an
// expression"). Without names it answers them; which assertions a proof needs is not
// known then, so all are said to be.
z3::solver without_names(const Query& query, std::chrono::milliseconds timeout) {
    z3::solver solver = z3::tactic(query.arithmetic.context(), "smt").mk_solver();
    limit(solver, timeout);
    for (const Assertion& assertion : query.assertions) solver.add(assertion.formula);
    return solver;
}

Answer answer_of(const Query& query, z3::solver& solver, bool named, bool minimise) {
    Answer answer;
    switch (solver.check()) {
    case z3::unsat: {
        answer.outcome = Outcome::proved;
        if (named) {
            const z3::expr_vector core = solver.unsat_core();
            for (const z3::expr& name : core) answer.needed.push_back(name.decl().name().str());
        } else {
            for (const Assertion& assertion : query.assertions)
                answer.needed.push_back(assertion.name);
        }
        std::sort(answer.needed.begin(), answer.needed.end());
        break;
    }
    case z3::sat:
        answer.outcome = Outcome::refuted;
        answer.witness = read(query, solver.get_model());
        if (minimise) answer.witness = smallest(query, solver, std::move(*answer.witness));
        break;
    case z3::unknown: answer.why = solver.reason_unknown(); break;
    }
    return answer;
}

}  // namespace

Answer solve(const Query& query, std::chrono::milliseconds timeout, bool minimise) {
    try {
        z3::solver solver(query.arithmetic.context(), z3::solver::simple());
        limit(solver, timeout);
        for (const Assertion& assertion : query.assertions)
            solver.add(assertion.formula, assertion.name.c_str());
        return answer_of(query, solver, true, minimise);
    } catch (const z3::exception&) {}
    try {
        z3::solver solver = without_names(query, timeout);
        return answer_of(query, solver, false, minimise);
    } catch (const z3::exception& error) {
        Answer answer;
        answer.why = error.msg();
        return answer;
    }
}

Answer Memory::solve(const Query& query, std::chrono::milliseconds timeout, bool minimise) {
    std::string key = minimise ? "smallest" : "any";
    for (const Assertion& assertion : query.assertions)
        key +=
            " " + assertion.name + " " + std::to_string(Z3_get_ast_id(context_, assertion.formula));
    const auto known = answered_.find(key);
    if (known != answered_.end()) return known->second.answer;
    Answer answer = prove::solve(query, timeout, minimise);
    if (answer.outcome != Outcome::unknown)
        answered_.emplace(key, Answered{answer, query.assertions});
    return answer;
}

std::string counts_text(const Witness& witness, FolioKind kind) {
    std::string text = "refcount " + std::to_string(witness.refcount) + ", mapcount " +
                       std::to_string(witness.mapcount);
    if (kind != FolioKind::small) text += ", _pincount " + std::to_string(witness.pincount);
    if (witness.swapcount != 0) text += ", swapcount " + std::to_string(witness.swapcount);
    return text;
}

std::string references_text(const Witness& witness, bool how) {
    std::string list;
    for (const auto& [part, n] : witness.parts) {
        if (part == &parts.front()) continue;
        list += (list.empty() ? "" : " and ") + std::to_string(n) + " " +
                std::string(n == 1 ? part->one : part->many);
        if (how && !part->how.empty()) list += " (" + std::string(part->how) + ")";
    }
    if (list.empty()) list = "nothing";
    return list + (witness.smallest ? "" : " [perhaps not the smallest]");
}

}  // namespace cowcheck::prove
