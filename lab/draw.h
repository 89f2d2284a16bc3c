// Random programs whose operations a kernel can be made to do, one after the other.
#pragma once

#include <cstdint>
#include <string>

namespace cowcheck {

// The text of program `number` of that seed; the same on every machine.
[[nodiscard]] std::string draw_program(std::uint64_t seed, std::uint64_t number);

}  // namespace cowcheck
