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
    std::string fault;    // of cowcheck, whose schedule does not fail: no verdict
    std::string skipped;  // why the kernel can't run it: no verdict either

    // cow.c knows that vmsplice() of hugetlb memory leaks, and says so.
    [[nodiscard]] bool known_leak() const {
        return decided() && outcome.what != FixedOutcome::What::passes && memory->hugetlb &&
               !test->leak.empty();
    }
    [[nodiscard]] bool ok() const {
        return decided() && (outcome.what == FixedOutcome::What::passes || known_leak());
    }
    [[nodiscard]] bool decided() const { return fault.empty() && skipped.empty(); }
};

struct SelftestReport {
    std::string design;
    std::vector<SelftestResult> results;  // in the order of the kernel's

    // But for those that are skipped.
    [[nodiscard]] bool ok() const;
};

// All tests, with every memory that each is for. Throws BadInput if the design can't be compiled
// for one of them.
[[nodiscard]] SelftestReport selftest(const Library& library, const DesignText& design);

}  // namespace cowcheck
