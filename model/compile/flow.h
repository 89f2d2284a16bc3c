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

// Where a thread stays that has asked for the page of a PTE that maps none.
[[nodiscard]] inline bool is_oops(const std::vector<Instruction> &code, std::size_t rest) {
    return rest + 1 < code.size() && code[rest].code == Code::rest &&
           code[rest + 1].code == Code::jump && code[rest + 1].target == rest;
}

} // namespace cowcheck
