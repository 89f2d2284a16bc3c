// Which design stands for a kernel, as the `kernels` lines of the designs say.
#pragma once

#include "model/library.h"

#include <string>
#include <string_view>

namespace cowcheck {

// A sentence such as "v5.15 is design v5.14" for the name of a kernel ("5.15", "v6.1.90",
// "5.10.y"), with or without 'v'; empty if it is none, or no design stands for it.
[[nodiscard]] std::string about_kernel(const Library& library, std::string_view name);

}  // namespace cowcheck
