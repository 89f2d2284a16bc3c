// Programs as tests: the kernel's own COW tests, or a user's, run on a design.
#pragma once

#include "verify/program/program.h"

#include <string>
#include <vector>

namespace cowcheck {

struct SelftestResult {
    enum class What : std::uint8_t {
        passes,   // no interleaving breaks a condition
        fails,    // one does
        never,    // what should exist does not
        asserts,  // the design's own assertion is violated
        stuck,    // the program can't go on
        limit     // too many states to tell
    };

    const ProgramText* test = nullptr;
    std::string memory;  // "THP (2048 kB)"; may be empty
    bool hugetlb = false;
    What what = What::passes;
    std::string failed_at;  // the operation at which it fails; never: the condition
    unsigned steps = 0;
    std::string schedule;  // why it fails: the operations in the order of their start
    std::uint64_t states = 0;
    std::string fault;    // of cowcheck, whose schedule does not fail: no verdict
    std::string skipped;  // why the kernel can't run it: no verdict either

    // cow.c knows that vmsplice() of hugetlb memory leaks, and says so.
    [[nodiscard]] bool known_leak() const {
        return decided() && what != What::passes && hugetlb && !test->leak.empty();
    }
    [[nodiscard]] bool ok() const { return decided() && (what == What::passes || known_leak()); }
    [[nodiscard]] bool decided() const { return fault.empty() && skipped.empty(); }
};

struct SelftestReport {
    std::string design;
    std::vector<SelftestResult> results;  // in the order of the kernel's, or as they were given

    // But for those that are skipped.
    [[nodiscard]] bool ok() const;
};

// All of them, with every memory that each is for. Throws BadInput if the design can't be compiled
// for one of them.
[[nodiscard]] SelftestReport selftest(const std::vector<LoadedProgram>& programs,
                                      const DesignText& design);

// In what a failure's schedule does not do what it is there for, taken move by move: a sentence
// without its end; nothing if it does.
[[nodiscard]] std::string why_not_so(const ProgramPlan& plan, const ProgramText& text,
                                     const ProgramFailure& failure);

}  // namespace cowcheck
