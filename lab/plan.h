// How a program is run on a kernel: which system calls stand for its operations, and what of what
// they give back stands for what the program sees.
#pragma once

#include "lab/seen_words.h"
#include "lab/wire_text.h"
#include "model/program_text.h"
#include "model/world.h"

#include <map>
#include <string>
#include <vector>

namespace cowcheck {

// What is seen under a name: "x", or "x[1]" where it is seen for each page.
struct PlannedLook {
    std::string name;
    Seen seen = Seen::result;
    std::size_t step = 0;  // whose result it is
    unsigned bit = 0;      // of a pagemap entry, if it is a bit
};

struct Plan {
    std::vector<wire::Step> steps;
    // Steps that make the memory as it is at the start: they must be ok.
    std::size_t setup = 0;
    std::vector<PlannedLook> looks;
    // Names that a program sees and no system call tells.
    std::vector<std::string> unseen;
    std::map<std::uint64_t, std::string> values;  // what a number in memory is called
    std::vector<std::size_t> file_entries;        // steps that tell the file's frames
    bool zeropage = false;                        // the model has one where the program starts
    std::string skipped;                          // why this kernel cannot run it; else empty
};

// Where the program starts, and how many pages an operation that names none is done for.
[[nodiscard]] Plan plan_of(const ProgramText& program, const World& world, unsigned pages,
                           const wire::Hello& kernel);

struct Observation {
    Seens seens;
    std::string skipped;  // something had no effect here, so nothing is said; else empty
};
[[nodiscard]] Observation observe(const Plan& plan, const wire::Results& results,
                                  const wire::Hello& kernel);

}  // namespace cowcheck
