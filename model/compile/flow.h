// Where control can go after an instruction.
#pragma once

#include "model/machine/program.h"

#include <cstdint>
#include <vector>

namespace cowcheck {

[[nodiscard]] inline std::vector<std::uint16_t> successors(const Instruction &instruction,
                                                           std::size_t address) {
    const auto next = static_cast<std::uint16_t>(address + 1);
    switch (instruction.code) {
    case Code::end:
        return {};
    case Code::jump:
        return {instruction.target};
    case Code::jump_if:
    case Code::jump_unless:
        return {instruction.target, next};
    default:
        return {next};
    }
}

} // namespace cowcheck
