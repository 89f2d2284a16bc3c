// The pieces of C that reproducers are made of (lab/reproduce/parts/), which are built into the binary.
#pragma once

#include "model/builtin_files.h"

#include <span>

namespace cowcheck {

// Sorted by path.
std::span<const BuiltinFile> part_files();

}  // namespace cowcheck
