// Where the locals of an operation live in its thread, and where they are dead.
#pragma once

#include "model/compile/emitter.h"

#include <string>
#include <vector>

namespace cowcheck {

// A local of one operation's code, before it has a place in the thread.
struct Local {
    Type type = Type::error;
    std::string name;
    std::string handler;  // that has it
};

// Of one operation, with all that is inlined into it.
inline constexpr unsigned max_locals = 254;
inline constexpr unsigned shared_local = 254;  // the ghost fault_shared, for liveness
inline constexpr unsigned seq_local = 255;     // write_protect_seq's snapshot, likewise
inline constexpr unsigned all_locals = 256;

// Finds out, for the code from `entry` to the end of the program, which locals
// are live where (backward data flow), gives locals that are never live together
// the same bits, and writes the places into the instructions. Each rest from
// `first_rest` on gets the masks that keep only what is live there: dead locals
// are reset, so that states which differ only in them are one state.
void lay_out_locals(Emitter& emitter, std::uint16_t entry, std::uint16_t first_rest,
                    const std::vector<Local>& locals);

}  // namespace cowcheck
