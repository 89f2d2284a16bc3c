// A trace the way kernel commit messages draw races.
#pragma once

#include "traces/trace.h"

#include <cstddef>
#include <string>

namespace cowcheck {

inline constexpr std::size_t mail_width = 72;

// One column for each CPU, service and device that takes part, time downwards,
// never wider than a mail, ASCII, without empty lines.
[[nodiscard]] std::string show_columns(const Trace& trace);

}  // namespace cowcheck
