// A question to a solver: named assertions that have no solution if the answer is
// "proved", and whose smallest solution is the witness otherwise. What is asked here and
// what is written for another solver is the same list.
#pragma once

#include "checker/prove/folio.h"
#include "checker/prove/formula.h"

#include <z3++.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cowcheck::prove {

struct Assertion {
    std::string name;     // a symbol: "refcount_is_the_sum"
    std::string meaning;  // one line
    z3::expr formula;
};

struct Query {
    explicit Query(const Arithmetic& with) : arithmetic(with) {}

    void add(std::string name, std::string meaning, const z3::expr& formula) {
        assertions.push_back({std::move(name), std::move(meaning), formula});
    }

    Arithmetic arithmetic;
    std::string question;                                 // one line
    std::vector<std::pair<const Part*, z3::expr>> parts;  // what the counts sum up
    std::vector<z3::expr> counts;                         // refcount, mapcount, pincount, swapcount
    std::vector<Assertion> assertions;
};

enum class Outcome : std::uint8_t { proved, refuted, unknown };

[[nodiscard]] constexpr std::string_view name_of(Outcome outcome) {
    switch (outcome) {
    case Outcome::proved: return "proved";
    case Outcome::refuted: return "refuted";
    case Outcome::unknown: break;
    }
    return "unknown";
}

// Counts of a page that answer a query with no.
struct Witness {
    std::vector<std::pair<const Part*, std::uint64_t>> parts;  // those that are not 0
    std::uint64_t refcount = 0;
    std::uint64_t mapcount = 0;
    std::uint64_t pincount = 0;
    std::uint64_t swapcount = 0;
    bool smallest = true;  // false: time was up before this was known
    // Of all that the query asks about, by its name; true is 1. What is missing may be anything.
    std::map<std::string, std::int64_t> values;

    [[nodiscard]] std::uint64_t number_of(std::string_view part) const;
};

struct Answer {
    Outcome outcome = Outcome::unknown;
    std::optional<Witness> witness;   // refuted
    std::vector<std::string> needed;  // proved: names of assertions that suffice
    std::string why;                  // unknown: what the solver says
};

// Each call of the solver gets `timeout`; with 0 it answers nothing. Without `minimise`, any
// witness will do.
[[nodiscard]] Answer solve(const Query& query, std::chrono::milliseconds timeout, bool minimise);

// Answers to all queries of one context so far. Designs inherit handlers, and so the same
// questions: each is asked once.
class Memory {
public:
    [[nodiscard]] z3::context& context() { return context_; }
    [[nodiscard]] Answer solve(const Query& query, std::chrono::milliseconds timeout,
                               bool minimise = true);

private:
    // Formulas of one context that say the same are the same object. As long as they are
    // kept, no other one gets their numbers.
    struct Answered {
        Answer answer;
        std::vector<Assertion> assertions;
    };

    z3::context context_;  // making one takes longer than most questions
    std::map<std::string, Answered> answered_;
};

// The query as an SMT-LIB 2 script that ends with (check-sat). `status` is what is
// expected of it.
[[nodiscard]] std::string to_smt2(const Query& query, Outcome outcome);

// "refcount 1025, mapcount 1"
[[nodiscard]] std::string counts_text(const Witness& witness, FolioKind kind);
// "1 pin (FOLL_PIN) of another process, taken before fork() ...": all but the mapping
// that is always there. `how` says how such a reference comes about.
[[nodiscard]] std::string references_text(const Witness& witness, bool how);

}  // namespace cowcheck::prove
