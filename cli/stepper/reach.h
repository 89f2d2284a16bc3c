// Asks the checker whether a violation can still be reached from a state.
#pragma once

#include "checker/explore/explorer.h"

#include <string>
#include <vector>

namespace cowcheck {

struct ReachLimits {
    unsigned operations = 0;  // that start from here on
    unsigned concurrency = 0;
    std::uint64_t max_states = 5'000'000;
    std::chrono::milliseconds max_time{20'000};
};

struct ReachAnswer {
    enum class Verdict : std::uint8_t {
        reachable,
        unreachable,
        undecided
    } verdict = Verdict::undecided;
    bool exhausted = false;  // unreachable with any number of operations
    std::string why_undecided;
    unsigned operations = 0;  // reachable: how many more have to start
    std::uint64_t states = 0;
    std::vector<Action> schedule;  // reachable: from here to the violation
};

// `program` has its steps not joined; `property` is a property's number.
[[nodiscard]] ReachAnswer ask_checker(const Program& program, const State& from, unsigned property,
                                      const ReachLimits& limits);

}  // namespace cowcheck
