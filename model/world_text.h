// A world as a text.
#pragma once

#include "model/language/ast.h"

#include <string>

namespace cowcheck {

[[nodiscard]] std::string to_text(const ast::World& world);

}  // namespace cowcheck
