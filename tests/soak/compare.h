// One system explored in five modes. The plain one, every step on its own and every state as it is,
// says what is right.
#pragma once

#include "tests/soak/system.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cowcheck::test {

struct Bounds {
    unsigned depth = 6;
    std::uint64_t states = 20'000;  // of the plain system
    WaysUsed without;               // the other modes do not know these ways
};

struct Disagreement {
    std::string mode;
    std::string property;
    std::string plain;  // what is right
    std::string other;

    [[nodiscard]] std::string text() const;
    // Whether it is of the same kind: one may stand for the other.
    [[nodiscard]] bool is_like(const Disagreement& other) const;
};

struct Comparison {
    bool compared = false;  // false: too large, or what is plain has too many states
    unsigned depth = 0;
    std::uint64_t states = 0;    // of the plain system
    std::uint32_t violated = 0;  // how many properties are, in the plain system
    std::vector<Disagreement> disagreements;
    // Violations that are found by more, or by fewer, operations than others need, behind a count
    // that is wrong: all that is claimed is that they are (docs/internals-reduction.md, at the
    // end).
    std::vector<Disagreement> behind_wrong_counts;

    [[nodiscard]] bool agrees() const { return disagreements.empty(); }
};

[[nodiscard]] Comparison compare(const Source& source, const System& system, const Bounds& bounds);

// The smallest system on the way to which the first disagreement stays. Nothing is searched for
// that would take long.
[[nodiscard]] System minimized(const Source& source, const System& system, const Bounds& bounds,
                               const Disagreement& wanted);

}  // namespace cowcheck::test
