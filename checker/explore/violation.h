// Where a property is violated, and the schedule that leads there.
#pragma once

#include "checker/store/visited_set.h"
#include "model/machine/actions.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace cowcheck {

// Numbers, among the properties, of what is none: what a design asserts itself, and that all
// counts are right.
inline constexpr unsigned assertion_number = 31;
inline constexpr unsigned counting_number = 30;

// Where a property is violated first: fewest operations, then fewest transitions.
// A transition joins steps that nobody can see between; without reduction it is
// one step.
struct Violation {
    unsigned property = 0;  // or one of those above
    unsigned operations = 0;
    unsigned transitions = 0;
    // The canonical state that is bad, or, if the last action is, the one before it.
    PackedState state;
    unsigned state_operations = 0;  // when it was reached
    unsigned state_transitions = 0;
    std::optional<Action> action;
};

// A total order on violations of one property: shortest first, then any fixed
// order, so that the choice does not depend on the number of threads.
[[nodiscard]] bool comes_before(const Violation& a, const Violation& b);

void save(ByteSink& sink, const Violation& violation);
[[nodiscard]] Violation load_violation(ByteSource& source);

// A schedule that ends in a violation, and what it takes from outside.
struct FoundSchedule {
    // On concrete threads, pins and frames of the start state, one for each atomic step.
    std::vector<Action> actions;
    // How many references there are; the smallest numbers that do it.
    std::array<std::uint16_t, Limits::outside_numbers> numbers{};
};

}  // namespace cowcheck
