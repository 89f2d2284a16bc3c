// What stands for each step of a plan in the C program.
#pragma once

#include "lab/reproduce/reproduce.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

// A step as a call, and what it needs.
struct CCall {
    std::string call;   // "store(0, P1)"
    std::string words;  // "stores P1 in page 0"
};

// The calls of a plan: of all steps, in their order; and the parts of C that they need, each behind
// those that it needs.
struct CCalls {
    std::vector<CCall> steps;
    std::vector<std::string_view> parts;
};
[[nodiscard]] CCalls c_calls(const Reproduction& reproduction);

// What a value in memory is called in C: "P1".
[[nodiscard]] std::string c_name(const std::string& value);

// The text of a part.
[[nodiscard]] std::string_view c_part(std::string_view name);

}  // namespace cowcheck
