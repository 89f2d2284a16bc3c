// A compiled design as a Promela model of the same transition system, for SPIN.
//
// The states of the exported model are those of cowcheck without reductions: one
// SPIN state for each of cowcheck's, plus one before `init` has set things up.
#pragma once

#include "model/export/steps.h"

#include <string>

namespace cowcheck {

struct ExportOptions {
    std::string design;        // its name, for the comments
    unsigned concurrency = 2;  // operations in flight at once; 0 is no bound
    unsigned depth = 0;        // operations that start; 0 is no bound
};

// `program` as compile() made it: no joined steps. Throws promela::NotExportable
// for a design whose steps can't be said without an intermediate state.
[[nodiscard]] std::string export_promela(const Program& program, const ExportOptions& options);

}  // namespace cowcheck
