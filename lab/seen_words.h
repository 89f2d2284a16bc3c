// What a program sees, in words that a model and a kernel have in common.
#pragma once

#include "checker/measure/program_run.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace cowcheck {

// A word for each name, as `cowcheck run` has them: "P1", "ok", "waits", "true". A page that is
// neither the zeropage nor the file's is "page 1", "page 2", in the order of the names.
using Seens = std::vector<std::pair<std::string, std::string>>;

// All that a design allows a program to see.
struct ModelOutcomes {
    std::string skipped;   // why there are none: the design has not got an operation
    bool limited = false;  // there may be more
    std::set<Seens> outcomes;
};

[[nodiscard]] ModelOutcomes model_outcomes(const DesignText& design, const ProgramText& text,
                                           const ProgramStart& start, std::uint64_t max_states);

// Without those names; pages are counted anew.
[[nodiscard]] Seens without(const Seens& seens, const std::set<std::string>& names);
[[nodiscard]] std::set<Seens> without(const std::set<Seens>& all,
                                      const std::set<std::string>& names);

// "x=P1 y=ok"
[[nodiscard]] std::string to_text(const Seens& seens);

}  // namespace cowcheck
