// Which designs have what a world's menus name.
#pragma once

#include "model/compile/design_text.h"
#include "model/world.h"

#include <optional>
#include <string>

namespace cowcheck {

// Why a design says nothing about a world: an operation that a menu names comes to a statement
// `no such operation` there. For those who go through many worlds and leave such a one out;
// compile() complains of it.
[[nodiscard]] std::optional<std::string> not_applicable(const DesignText& design,
                                                        const World& world);

}  // namespace cowcheck
