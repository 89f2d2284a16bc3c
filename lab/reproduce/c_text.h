// A reproduction as one C program, in the style of the kernel's own tests.
#pragma once

#include "lab/reproduce/reproduce.h"

#include <string>

namespace cowcheck {

inline constexpr unsigned default_window_seconds = 20;

// What stands in the comment on top, beside what a reproduction knows.
struct CHeader {
    TraceHeader about;
    std::string story;  // what happens, in words
    unsigned seconds = default_window_seconds;  // that a program with a window tries
};

[[nodiscard]] std::string c_text(const Reproduction& reproduction, const CHeader& header);

}  // namespace cowcheck
