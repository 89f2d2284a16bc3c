// The agent's program file, which is part of this binary. Empty where it cannot be built.
#pragma once

#include <string_view>

namespace cowcheck {

[[nodiscard]] std::string_view agent_image();

}  // namespace cowcheck
