// Ghost data that nobody asks for: the cone of influence of the properties (E. M. Clarke,
// O. Grumberg, D. Peled: Model Checking, 1999, 13.1). States that differ in nothing else are
// one to whoever explores them.
#pragma once

#include "model/machine/program.h"

#include <cstdint>

namespace cowcheck {

// Fields (bit = number) of the program's ghosts that no check reads, directly or by way of
// another ghost, and no step either: what is written to them stays without effect. And what is
// known of a pin (but its page, and FOLL_PIN), where a device can do nothing that anybody sees
// but give it back.
[[nodiscard]] std::uint64_t find_unread_ghosts(const Program& program);

}  // namespace cowcheck
