// What a world's text calls its memory: `maps va 0 anonymous written`.
#pragma once

#include "model/world.h"

#include <span>
#include <string_view>

namespace cowcheck {

struct MemoryKind {
    std::string_view words;
    Backing backing;
    StartMapping::Memory memory;
};

// In the order in which a message lists them.
[[nodiscard]] std::span<const MemoryKind> memory_kinds();

}  // namespace cowcheck
