// A deliberately slow and simple explorer, to be believed at sight: a std::set of
// whole states, no packing, no symmetry, no workers. It shares nothing with
// checker/; it knows a model only through model/.
#pragma once

#include "tests/support/models.h"

namespace cowcheck::test {

// `concurrency` 0 is no bound.
Verdicts explore_simply(const Program& program, unsigned depth, unsigned concurrency);

}  // namespace cowcheck::test
