// What `cowcheck --help` prints.
#pragma once

#include <string>

namespace cowcheck {

[[nodiscard]] std::string main_help();

}  // namespace cowcheck
