// Which designs have what a world's menus name.
#pragma once

#include "model/compile/design_text.h"
#include "model/operations.h"
#include "model/world.h"

#include <string>
#include <vector>

namespace cowcheck {

// An operation that comes to a statement `no such operation` in some world.
struct Absent {
    SourceSpan span;
    MenuItem item;
    std::string why;  // the comment above it; may be empty
};

// Why a design says nothing about a world: what its menus name and the design has not got;
// empty if there is nothing of the kind. For those who go through many worlds and leave such a
// one out; compile() complains of it.
[[nodiscard]] std::vector<Absent> not_applicable(const DesignText& design, const World& world);

// The same world with menus that name nothing of the kind.
[[nodiscard]] World without_absent(const DesignText& design, World world);

}  // namespace cowcheck
