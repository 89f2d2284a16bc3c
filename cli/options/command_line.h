// From the words of a command line to the command that they ask for.
#pragma once

#include "cli/commands/command.h"

namespace cowcheck {

// What runs it; help and version are commands as well. Throws BadInput.
[[nodiscard]] RunCommand parse_command_line(int argc, const char* const* argv);

}  // namespace cowcheck
