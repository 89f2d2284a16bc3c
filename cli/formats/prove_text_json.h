// The findings of `cowcheck prove` as text and as JSON.
#pragma once

#include "checker/prove/questions.h"

#include <string>
#include <vector>

namespace cowcheck {

[[nodiscard]] std::string prove_text(const prove::Report& report);
[[nodiscard]] std::string prove_json(const std::vector<prove::Report>& reports);
// All queries, one after the other, for any solver that reads SMT-LIB 2.
[[nodiscard]] std::string prove_smt2(const std::vector<prove::Report>& reports);

}  // namespace cowcheck
