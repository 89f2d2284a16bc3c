// Who holds which lock, and who waits for one.
#pragma once

#include "model/machine/program.h"
#include "traces/blocked.h"

#include <string>
#include <vector>

namespace cowcheck {

struct LockHeld {
    std::string lock;     // "mmap_lock of parent", "page lock", "interrupts off"
    std::string how;      // "for writing", "(odd)"; often nothing
    std::string process;  // whose; empty if it is no process's
    std::string thread;   // who has it

    friend bool operator==(const LockHeld&, const LockHeld&) = default;
};

// "mmap_lock of parent for writing: cpu0"
[[nodiscard]] std::string to_text(const LockHeld& held);

// One for each lock and holder.
[[nodiscard]] std::vector<LockHeld> locks_held(const Program& program, const State& state);

// Why the next step of a thread that runs can't be made now; nothing if it can.
[[nodiscard]] Awaited what_it_awaits(const Program& program, const State& state, unsigned thread);

}  // namespace cowcheck
