// Every interleaving of a fixed sequence of operations with what the kernel does
// meanwhile, on whichever CPU each of them runs.
#pragma once

#include "model/machine/actions.h"
#include "model/selftest.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cowcheck {

struct FixedOutcome {
    enum class What : std::uint8_t {
        passes,   // no interleaving breaks an expectation
        fails,    // one does
        asserts,  // the design's own assertion is violated
        stuck,    // the program can't go on
        limit     // too many states to tell
    } what = What::passes;
    unsigned step = 0;             // the operation at which it happens
    std::vector<Action> schedule;  // the shortest that leads there
    std::uint64_t states = 0;
};

// Operations of kernel threads may start at any time; every other one starts when the
// one before it has ended.
[[nodiscard]] FixedOutcome run_fixed(const SelftestProgram& test, std::uint64_t max_states);

// In what the outcome's schedule does not do what it is there for, taken step by step: a sentence
// without its end. Nothing: it does, or there is none.
[[nodiscard]] std::string why_not_so(const SelftestProgram& test, const FixedOutcome& outcome);

}  // namespace cowcheck
