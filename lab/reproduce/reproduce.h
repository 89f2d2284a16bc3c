// From a trace to a program for a real kernel: which system calls, in which order, and what is
// looked at. The model decides: on the trace's own design the program must be able to show what the
// trace shows, and on a design that keeps the promise it must not.
#pragma once

#include "lab/plan.h"
#include "lab/reproduce/candidates.h"
#include "model/library.h"

#include <string>
#include <vector>

namespace cowcheck {

struct Reproduction {
    std::string refused;  // why there is none, in a sentence; all else is empty then

    std::string program;   // its text
    bool window = false;   // it has to be tried again and again
    Promise promise;
    Plan plan;
    World world;
    std::string reference;           // a design on which it never is broken; empty if none is known
    std::vector<std::string> notes;  // where user space does something else than the trace
    std::vector<std::string> windows;  // what has to happen within what
};

// Of a trace that replays on the program, which is its design in its world; the library has both.
[[nodiscard]] Reproduction reproduce(const Trace& trace, const Program& program,
                                     const DesignText& design, const Library& library);

}  // namespace cowcheck
