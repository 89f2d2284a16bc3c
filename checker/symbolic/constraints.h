// What is known about the numbers of references from outside: each state of an
// exploration has a constraint on them, by its number in this list. Every question about
// constraints is Z3's to answer, and asked once. docs/internals-outside.md tells how.
#pragma once

#include "model/machine/outside.h"
#include "model/machine/program.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cowcheck {

using OutsideNumbers = std::array<std::uint16_t, Limits::outside_numbers>;

class Constraints {
public:
    using Id = std::uint16_t;
    static constexpr Id none = 0xffff;

    // Each call of the solver gets `timeout`; with 0 it answers nothing.
    Constraints(const Program& program, std::chrono::milliseconds timeout);
    ~Constraints();
    Constraints(const Constraints&) = delete;
    Constraints& operator=(const Constraints&) = delete;

    // What the world says; or, if the program's numbers are fixed, these.
    static constexpr Id start = 0;

    // The constraint with the answer yes, and with no; `none` where that can't be.
    struct Split {
        Id yes = none;
        Id no = none;
    };
    [[nodiscard]] Split split(Id id, const CountTerm& term, Relation relation);

    // A step is over, and with it its transient references: what is left is that there was
    // some number of them. The canonical number of what is known then.
    [[nodiscard]] Id close(Id id);

    // Canonical ones that this one implies, but for itself; all that are known so far.
    [[nodiscard]] const std::vector<Id>& weaker(Id id);

    // The fewest references in all, then the fewest of the first kind, and so on.
    [[nodiscard]] OutsideNumbers smallest(Id id);

    // "1023 or more outside references of parent's page 0"; empty if the world says as much.
    [[nodiscard]] std::string in_words(Id id);

    // Canonical constraints, and questions that Z3 was asked.
    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] std::uint64_t questions() const;

    // What the solver says if it could not answer something: nothing that was concluded
    // from it may be believed. Empty as long as all is well.
    [[nodiscard]] const std::string& gave_up() const;

private:
    struct Solver;
    std::unique_ptr<Solver> solver_;
};

}  // namespace cowcheck
