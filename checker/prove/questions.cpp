#include "checker/prove/questions.h"

#include "checker/prove/evaluate.h"
#include "checker/prove/setting.h"

#include <algorithm>
#include <map>
#include <string>

namespace cowcheck::prove {

namespace {

constexpr unsigned small_numbers = 8;  // of mappings that a test for sharing may tolerate

class Prover {
public:
    Prover(const DesignText& design, const ProveOptions& options, Memory& memory)
        : design_(design), options_(options), memory_(memory), context_(memory.context()),
          anon_exclusive_(uses_anon_exclusive(design)) {}

    GuardReport prove(const Guard& guard) {
        GuardReport report;
        report.guard = guard;
        if (guard.page.empty()) return report;
        report.claim = claim_of(guard);
        for (const FolioKind folio : {FolioKind::small, FolioKind::large, FolioKind::hugetlb}) {
            if (report.claim == Claim::pinned)
                pinned(report, folio);
            else if (report.claim != Claim::nothing)
                exclusive(report, folio);
        }
        return report;
    }

private:
    // Whether the guard can be true, and with the same other conditions false, for these.
    bool tells(const Guard& guard, PlainCounts yes, PlainCounts no) {
        const Arithmetic arithmetic(context_, 0);
        Unknowns unknowns;
        const z3::expr one = at(guard, yes, arithmetic, unknowns);
        const z3::expr other = !at(guard, no, arithmetic, unknowns);
        static std::map<std::string, bool> told;  // designs inherit guards
        const auto [known, fresh] = told.emplace(one.to_string() + other.to_string(), false);
        if (!fresh) return known->second;
        z3::solver solver(context_);
        solver.add(one);
        solver.add(other);
        known->second = solver.check() == z3::sat;
        return known->second;
    }

    z3::expr at(const Guard& guard, PlainCounts plain, const Arithmetic& arithmetic,
                Unknowns& unknowns) {
        return translate(design_, *guard.condition, guard.page, plain_counts(plain, arithmetic),
                         arithmetic, unknowns);
    }

    Claim claim_of(const Guard& guard) {
        for (unsigned n = 2; n <= small_numbers; ++n) {
            if (tells(guard, alone, {n, n, 0, 0})) return Claim::exclusive;
            if (tells(guard, {n, n, 0, 0}, alone)) return Claim::shared;
        }
        return tells(guard, with_pins, alone) ? Claim::pinned : Claim::nothing;
    }

    struct Ask {
        FolioKind folio;
        Subject subject;
        Numbers numbers;
        const Part* cause;
    };

    Query query(const GuardReport& report, const Ask& ask, bool rules) {
        const Setting setting{design_,   report.guard, report.claim,
                              ask.folio, ask.numbers,  rules && anon_exclusive_};
        Query query = question(setting, ask.subject, context_);
        query.question = design_.name() + ", " + report.guard.handler + "(): \"" +
                         report.guard.text + "\", " + std::string(name_of(ask.folio)) + ": " +
                         std::string(name_of(ask.subject)) + "?";
        if (ask.cause != nullptr) add_only_cause(query, *ask.cause);
        return query;
    }

    Outcome ask(GuardReport& report, const Ask& ask) {
        const Query asked = query(report, ask, true);
        Finding finding;
        finding.folio = ask.folio;
        finding.subject = ask.subject;
        finding.numbers = ask.numbers;
        finding.cause = ask.cause;
        finding.question = asked.question;
        finding.answer = memory_.solve(asked, options_.timeout, asked.arithmetic.width() == 0);
        if (ask.numbers == Numbers::overflow && finding.answer.outcome == Outcome::refuted)
            improve(report, ask, finding.answer);
        check_witness(report, ask, finding);
        if (options_.smt2) finding.smt2 = to_smt2(asked, finding.answer.outcome);
        if (anon_exclusive_ && finding.answer.outcome == Outcome::proved) {
            finding.thanks_to_anon_exclusive =
                memory_.solve(query(report, ask, false), options_.timeout, false).outcome ==
                Outcome::refuted;
        }
        const Outcome outcome = finding.answer.outcome;
        report.findings.push_back(std::move(finding));
        return outcome;
    }

    // What a solver says is told only if it is so.
    void check_witness(const GuardReport& report, const Ask& ask, Finding& finding) {
        Answer& answer = finding.answer;
        if (!answer.witness) return;
        const Setting setting{design_,   report.guard, report.claim,
                              ask.folio, ask.numbers,  anon_exclusive_};
        finding.fault = why_not_so(setting, ask.subject, *answer.witness);
        if (finding.fault.empty()) return;
        answer.outcome = Outcome::unknown;
        answer.witness.reset();
        answer.why = "a fault of cowcheck: " + finding.fault;
    }

    // Integers find the smallest witness of an overflow, vectors confirm it.
    void improve(const GuardReport& report, Ask ask, Answer& answer) {
        answer.witness->smallest = false;
        const Ask wrapped{ask.folio, ask.subject, Numbers::wrapped, ask.cause};
        Answer better = memory_.solve(query(report, wrapped, true), options_.timeout);
        if (!better.witness) return;
        Query confirm = query(report, ask, true);
        add_exactly(confirm, *better.witness);
        const Answer confirmed = memory_.solve(confirm, options_.timeout, false);
        if (confirmed.outcome != Outcome::refuted) return;
        better.witness->values = confirmed.witness->values;  // of vectors
        answer.witness = std::move(better.witness);
    }

    // The same question for every kind of reference alone.
    void by_cause(GuardReport& report, FolioKind folio, Subject subject) {
        for (const Part& part : parts) {
            if (!part.in(folio) || part.name == parts.front().name) continue;
            if ((subject == Subject::sound) != (part.whose == Whose::others)) continue;
            (void)ask(report, {folio, subject, Numbers::integers, &part});
        }
    }

    void exclusive(GuardReport& report, FolioKind folio) {
        const Outcome sound = ask(report, {folio, Subject::sound, Numbers::integers, nullptr});
        if (sound == Outcome::refuted) by_cause(report, folio, Subject::sound);
        if (folio == FolioKind::small && sound == Outcome::proved) {
            (void)ask(report, {folio, Subject::sound, Numbers::bits32, nullptr});
            (void)ask(report, {folio, Subject::sound, Numbers::overflow, nullptr});
        }
        if (ask(report, {folio, Subject::complete, Numbers::integers, nullptr}) != Outcome::unknown)
            by_cause(report, folio, Subject::complete);
    }

    void pinned(GuardReport& report, FolioKind folio) {
        (void)ask(report, {folio, Subject::false_negative, Numbers::integers, nullptr});
        if (folio == FolioKind::small) {
            (void)ask(report, {folio, Subject::false_negative, Numbers::bits32, nullptr});
            (void)ask(report, {folio, Subject::false_negative, Numbers::overflow, nullptr});
        }
        (void)ask(report, {folio, Subject::false_positive, Numbers::integers, nullptr});
    }

    const DesignText& design_;
    const ProveOptions& options_;
    Memory& memory_;
    z3::context& context_;
    bool anon_exclusive_;
};

}  // namespace

std::string_view name_of(Claim claim) {
    switch (claim) {
    case Claim::exclusive: return "exclusive";
    case Claim::shared: return "shared";
    case Claim::pinned: return "pinned";
    case Claim::nothing: break;
    }
    return "nothing";
}

std::string_view name_of(Subject subject) {
    switch (subject) {
    case Subject::sound: return "sound";
    case Subject::complete: return "complete";
    case Subject::false_negative: return "no false negative";
    case Subject::false_positive: break;
    }
    return "no false positive";
}

std::string_view name_of(Numbers numbers) {
    switch (numbers) {
    case Numbers::integers: return "integers";
    case Numbers::bits32: return "32 bits";
    case Numbers::overflow:
    case Numbers::wrapped: break;
    }
    return "32 bits with overflow";
}

bool Report::any(Outcome outcome) const {
    return std::any_of(guards.begin(), guards.end(), [&](const GuardReport& guard) {
        if (guard.guard.page.empty()) return outcome == Outcome::unknown;
        return std::any_of(
            guard.findings.begin(), guard.findings.end(),
            [&](const Finding& finding) { return finding.answer.outcome == outcome; });
    });
}

std::vector<std::string> Report::faults() const {
    std::vector<std::string> faults;
    for (const GuardReport& guard : guards)
        for (const Finding& finding : guard.findings)
            if (!finding.fault.empty())
                faults.push_back(finding.question +
                                 " The solver's witness is none: " + finding.fault);
    return faults;
}

Report prove_guards(const DesignText& design, const ProveOptions& options) {
    Report report;
    report.design = design.name();
    report.anon_exclusive = uses_anon_exclusive(design);
    static Memory memory;
    Prover prover(design, options, memory);
    for (const Guard& guard : find_guards(design)) report.guards.push_back(prover.prove(guard));
    return report;
}

}  // namespace cowcheck::prove
