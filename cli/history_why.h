// The story of one cell of the history: how it breaks, and what mended it.
#pragma once

#include "cli/load.h"

#include <string>

namespace cowcheck {

// Throws BadInput if there is no such design or property.
[[nodiscard]] std::string why(Library& library, const std::string& design,
                              const std::string& property, unsigned threads);

}  // namespace cowcheck
