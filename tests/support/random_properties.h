// Random properties, as a user may write them, over all that the language has.
#pragma once

#include "model/world.h"
#include "tests/support/random.h"

#include <string>

namespace cowcheck::test {

// The text of one property, which is well-typed. `wild`: it may ask for what the language does not
// define, such as the page of a TLB entry that is not valid.
[[nodiscard]] std::string random_property(Random& random, const World& world,
                                          const std::string& name, bool wild = false);

}  // namespace cowcheck::test
