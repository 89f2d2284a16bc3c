// Which operations ever change anything: each one alone, from every state that was reached in which
// nobody is at anything. One that never does is done, whatever is asked of it, by doing nothing.
#pragma once

#include "checker/explore/explorer.h"

#include <vector>

namespace cowcheck {

// By number in Program::operations. An access has its effect on data, which no field holds: of
// loads, stores and DMA it is not asked. What only ghosts and TLBs know is no change, nor is it one
// to wait, or to come to no end. Of worlds with references from outside nothing is known.
[[nodiscard]] std::vector<bool> have_effect(const Explorer& explorer);

}  // namespace cowcheck
