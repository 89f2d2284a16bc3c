// The assertions that questions about one guard share: what the counts sum up, what
// the handler knows, what PageAnonExclusive's rules say.
#pragma once

#include "checker/prove/questions.h"

namespace cowcheck::prove {

struct PlainCounts {
    std::uint64_t refcount = 0;
    std::uint64_t mapcount = 0;
    std::uint64_t pincount = 0;
    std::uint64_t swapcount = 0;
};

// Nothing but the process's own mapping; and pins of a small folio besides, so many
// that any test for pins should see them.
inline constexpr PlainCounts alone{1, 1, 0, 0};
inline constexpr PlainCounts with_pins{1 + 64 * pin_weight, 1, 64, 0};

[[nodiscard]] Counts plain_counts(const PlainCounts& plain, const Arithmetic& arithmetic);

struct Setting {
    const DesignText& design;
    const Guard& guard;
    Claim claim;
    FolioKind folio;
    Numbers numbers;
    bool anon_exclusive;  // assume the rules of PageAnonExclusive
};

// All that is so, and that the guard is wrong in this respect. Expressions live in
// `context`.
[[nodiscard]] Query question(const Setting& setting, Subject subject, z3::context& context);

// Adds that there are exactly these references.
void add_exactly(Query& query, const Witness& witness);

// Adds that of all other kinds of references only this one may be there, and is.
void add_only_cause(Query& query, const Part& cause);

}  // namespace cowcheck::prove
