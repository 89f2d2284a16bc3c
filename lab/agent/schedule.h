// A program as the agent runs it.
#pragma once

#include "lab/agent/shared.h"
#include "lab/agent/text.h"

namespace cowcheck::agent {

struct Program {
    std::uint64_t id = 0;
    std::uint64_t repeat = 1;
    std::uint64_t seed = 0;
    unsigned count = 0;
    Step steps[wire::max_steps];
    Result results[wire::max_steps];
};

// A step's line; null, or what is wrong with it.
const char* parse_step(std::string_view line, Step& step);

// Once, in processes made for it; the results say what came of each step.
void run_once(Program& program, std::uint64_t repetition);
void tell_results(const Program& program, Text& line);

}  // namespace cowcheck::agent
