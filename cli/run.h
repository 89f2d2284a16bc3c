// The command line from its arguments to its exit status.
#pragma once

namespace cowcheck {

// Returns an ExitStatus (verify/run/status.h).
[[nodiscard]] int run(int argc, char** argv);

}  // namespace cowcheck
