// Random worlds, and random changes of the built-in designs, for soak tests.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>

namespace cowcheck::test {

using Random = std::mt19937_64;

// A number below n.
unsigned below(Random& random, std::size_t n);

// The text of a small world with a random menu.
std::string random_world(Random& random);

// The text of a design that extends `design` and overrides one of its handlers with
// a changed one: a statement dropped, moved or doubled, two swapped, a guard
// negated, a comparison turned round. Most don't compile; that is for the caller to see.
std::string random_mutant(Random& random, const std::string& design);

}  // namespace cowcheck::test
