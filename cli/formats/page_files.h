// The sources of the pages that cowcheck writes (pages/), which are built into the binary.
#pragma once

#include "model/builtin_files.h"

#include <span>

namespace cowcheck {

// Sorted by path. A page's folder has its `page`, and the folders `style` and `script`, whose texts
// follow each other in it.
std::span<const BuiltinFile> page_files();

}  // namespace cowcheck
