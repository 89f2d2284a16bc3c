// What stands in the registers that an instruction uses.
#pragma once

#include "model/isa/effects.h"

#include <cstdint>

namespace cowcheck::test {

// What a register holds that an operand names; see Values::of_kind().
[[nodiscard]] char kind_of(const Instruction& i, std::uint8_t operand);

// Which operands of an instruction name a register.
[[nodiscard]] std::uint8_t names_of(const Instruction& i, unsigned reg);

}  // namespace cowcheck::test
