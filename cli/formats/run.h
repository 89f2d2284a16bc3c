// Outcomes of a program, as herd7 prints states, and as JSON (docs/run.schema.json).
#pragma once

#include "verify/program/program.h"

#include <string>

namespace cowcheck {

// At most 80 columns wide, but for a name that is longer.
[[nodiscard]] std::string run_text(const ProgramReport& report);
[[nodiscard]] std::string run_json(const ProgramReport& report);

}  // namespace cowcheck
