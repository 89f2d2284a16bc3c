// What a shell sees of a command.
#pragma once

namespace cowcheck {

struct ExitStatus {
    static constexpr int no_violation = 0;
    static constexpr int violation = 1;  // or a trace that does not replay
    static constexpr int bad_input = 2;  // or output that can't be written
    static constexpr int stopped = 3;    // by a limit or an interrupt, with no violation so far
    static constexpr int fault = 4;      // of cowcheck itself: whatever else was found
};

}  // namespace cowcheck
