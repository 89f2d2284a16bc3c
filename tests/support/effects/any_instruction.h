// Instructions that are made up.
#pragma once

#include "tests/support/effects/run_alone.h"
#include "tests/support/effects/values.h"

#include <optional>

namespace cowcheck::test {

// What is so in any state: a page with the allocator is empty; a PMD maps the head of a THP; a
// pin under way is not held.
void settle(const Program& program, Instance& instance);

// An instruction with operands at dice, in a state: what no shipped text says, a design or a
// property may say all the same. Nothing if the world has not what it is about. A jump goes to
// `target`.
[[nodiscard]] std::optional<Instance> any_instance(const Program& program, Code code,
                                                   const State& state, std::uint16_t target,
                                                   Values& values, Dice& dice);

}  // namespace cowcheck::test
