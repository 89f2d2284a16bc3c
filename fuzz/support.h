// What the fuzz targets share.
#pragma once

#include "model/library.h"

#include <cstdlib>

namespace cowcheck {

inline void require(bool condition) {
    if (!condition) std::abort();
}

// The built-in texts, parsed once.
inline const Library& fuzz_library() {
    static Diagnostics out;
    static const Library builtin(out);
    require(out.empty());
    return builtin;
}

}  // namespace cowcheck
