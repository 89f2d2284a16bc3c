// What kernels did, held against designs: to read, and as JSON.
#pragma once

#include "lab/conform.h"

#include <string>
#include <vector>

namespace cowcheck {

struct ConformReport {
    std::vector<std::string> designs;
    bool named = false;  // the user said which designs; each of them is to agree
    std::vector<KernelReport> kernels;

    // Those that speak for a kernel: the ones that are named, or the closest.
    [[nodiscard]] std::vector<std::size_t> judges(const KernelReport& kernel) const;
    // Whether any of them does not allow what it did.
    [[nodiscard]] bool disagrees(const KernelReport& kernel, const CaseResult& one) const;
    [[nodiscard]] int exit_status() const;
};

[[nodiscard]] std::string conform_text(const ConformReport& report);
[[nodiscard]] std::string conform_json(const ConformReport& report);

}  // namespace cowcheck
