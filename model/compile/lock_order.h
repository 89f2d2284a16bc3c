// In which order handlers take their locks.
#pragma once

#include "model/machine/program.h"

#include <cstdint>

namespace cowcheck {

// Which locks the step that begins at a rest may wait for (Held); a TLB flush waits for
// interrupts.
[[nodiscard]] std::uint8_t waits_for(const Program& program, const Rest& rest);

// Whether the order "held while waiting for" has a cycle among kinds of locks.
[[nodiscard]] bool has_lock_cycle(const Program& program);

}  // namespace cowcheck
