// What is asked about every guard that reads a count, and what the answers are.
#pragma once

#include "checker/prove/guards.h"
#include "checker/prove/query.h"

#include <string>
#include <vector>

namespace cowcheck::prove {

// What a guard says about the page, found out from when it is true: for a page with
// nothing but the process's own mapping, for one that others map, for one with a pin.
enum class Claim : std::uint8_t {
    exclusive,  // true: exclusive
    shared,     // true: not exclusive
    pinned,     // true: pinned
    nothing,    // of these
};

[[nodiscard]] std::string_view name_of(Claim claim);

enum class Subject : std::uint8_t {
    sound,           // it says exclusive, so nobody else can reach the page
    complete,        // nobody else can reach the page, so it says exclusive
    false_negative,  // there is a pin, so it says pinned
    false_positive,  // it says pinned, so there is a pin
};

[[nodiscard]] std::string_view name_of(Subject subject);

enum class Numbers : std::uint8_t {
    integers,  // no bound
    bits32,    // 32 bits, and as many references as fit
    overflow,  // 32 bits, any number of references
    wrapped,   // the same in integers: what the sum is above multiples of 2^32
};

[[nodiscard]] std::string_view name_of(Numbers numbers);

// One query and its answer.
struct Finding {
    FolioKind folio = FolioKind::small;
    Subject subject = Subject::sound;
    Numbers numbers = Numbers::integers;
    const Part* cause = nullptr;  // only this kind of reference is there besides the mapping
    std::string question;
    Answer answer;
    std::string smt2;  // if it is to be kept
    // With PageAnonExclusive's rules left out; only if that makes a difference.
    bool thanks_to_anon_exclusive = false;
    // In what the solver's witness is none: a fault of cowcheck, and no answer.
    std::string fault;
};

struct GuardReport {
    Guard guard;  // without a page: not asked about, unknown
    Claim claim = Claim::nothing;
    std::vector<Finding> findings;
};

struct Report {
    std::string design;
    bool anon_exclusive = false;  // the design has PageAnonExclusive, whose rules are assumed
    std::vector<GuardReport> guards;

    [[nodiscard]] bool any(Outcome outcome) const;
    // "do_wp_page(): "page.mapcount == 1": ..." of each finding that has one.
    [[nodiscard]] std::vector<std::string> faults() const;
};

struct ProveOptions {
    std::chrono::milliseconds timeout{10000};  // of one call of the solver; 0: no answers
    bool smt2 = false;                         // keep the queries for another solver
};

[[nodiscard]] Report prove_guards(const DesignText& design, const ProveOptions& options);

}  // namespace cowcheck::prove
