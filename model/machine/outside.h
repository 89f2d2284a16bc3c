// References to pages that nobody in the model takes: how many there are, a world leaves
// open. A guard that compares a count with something then asks a question about unknown
// numbers, and whoever runs the machine decides it: the explorer follows every answer that
// is possible (checker/outside/), a trace has numbers that it was told with.
#pragma once

#include "model/state/fields.h"

#include <array>
#include <cstdint>

namespace cowcheck {

// base + the sum of times[i] * number i. The first is the number of transient references
// at this step, then come those of World::outside.
struct CountTerm {
    static constexpr unsigned numbers = 1 + Limits::outside_numbers;
    std::int32_t base = 0;
    std::array<std::int8_t, numbers> times{};
    bool open = false;  // not a plain number

    friend bool operator==(const CountTerm&, const CountTerm&) = default;
};

[[nodiscard]] inline CountTerm sum_of(const CountTerm& a, const CountTerm& b, int sign) {
    CountTerm sum;
    sum.base = a.base + sign * b.base;
    for (unsigned i = 0; i < CountTerm::numbers; ++i) {
        sum.times[i] = static_cast<std::int8_t>(a.times[i] + sign * b.times[i]);
        sum.open = sum.open || sum.times[i] != 0;
    }
    return sum;
}

// A term compared with 0.
enum class Relation : std::uint8_t { equal, at_most, below };

// The observer of a machine that has such numbers: what `Inner` observes, and `Decider`
// answers `bool decide(const CountTerm &, Relation)`. Checks of properties see the counts
// without what comes from outside.
template <class Inner, class Decider, bool counts = true>
struct WithOutside : Inner {
    static constexpr bool outside = true;
    static constexpr bool outside_counts = counts;
    Decider* decider = nullptr;

    WithOutside(const Inner& inner, Decider* with) : Inner(inner), decider(with) {}
    bool decide(const CountTerm& term, Relation relation) const {
        return decider->decide(term, relation);
    }
    void step(unsigned pc) {
        if constexpr (counts) decider->next_step();
        Inner::step(pc);
    }
    void stuck() {
        if constexpr (counts) decider->undo_step();
        Inner::stuck();
    }
    [[nodiscard]] auto of_checks() const {
        using Checks = decltype(Inner::of_checks());
        return WithOutside<Checks, Decider, false>(Inner::of_checks(), decider);
    }
};

// Numbers that are known.
struct KnownNumbers {
    std::array<std::uint16_t, CountTerm::numbers> numbers{};

    [[nodiscard]] bool decide(const CountTerm& term, Relation relation) const {
        std::int64_t value = term.base;
        for (unsigned i = 0; i < CountTerm::numbers; ++i)
            value += std::int64_t{term.times[i]} * numbers[i];
        return relation == Relation::equal     ? value == 0
               : relation == Relation::at_most ? value <= 0
                                               : value < 0;
    }
    void next_step() const {}
    void undo_step() const {}
};

}  // namespace cowcheck
