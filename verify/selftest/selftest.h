// The kernel's own COW tests, run on a design.
#pragma once

#include "checker/measure/selftest_run.h"
#include "model/library.h"

#include <string>
#include <vector>

namespace cowcheck {

struct SelftestResult {
    const ast::Selftest* test = nullptr;  // of the library
    const SelftestMemory* memory = nullptr;
    FixedOutcome outcome;
    std::string schedule;  // why it fails: the operations in the order of their start
    std::string failed_at;
    std::string fault;  // of cowcheck, whose schedule does not fail: no verdict

    // cow.c knows that vmsplice() of hugetlb memory leaks, and says so.
    [[nodiscard]] bool known_leak() const {
        return fault.empty() && outcome.what != FixedOutcome::What::passes && memory->hugetlb &&
               !test->leak.empty();
    }
    [[nodiscard]] bool ok() const {
        return fault.empty() && (outcome.what == FixedOutcome::What::passes || known_leak());
    }
};

struct SelftestReport {
    std::string design;
    std::vector<SelftestResult> results;  // in the order of the kernel's

    [[nodiscard]] bool ok() const;
};

// All tests, with every memory that each is for. Throws BadInput if the design can't be compiled
// for one of them.
[[nodiscard]] SelftestReport selftest(const Library& library, const DesignText& design);

}  // namespace cowcheck
