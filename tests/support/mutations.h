// Random worlds, and random changes of the built-in designs, for soak tests.
#pragma once

#include "tests/support/random.h"

#include <string>

namespace cowcheck::test {

// The text of a small world with a random menu.
std::string random_world(Random& random);

// The text of a design that extends `design` and overrides one of its handlers with
// a changed one: a statement dropped, moved or doubled, two swapped, a guard
// negated, a comparison turned round. Most don't compile; that is for the caller to see.
std::string random_mutant(Random& random, const std::string& design);

}  // namespace cowcheck::test
