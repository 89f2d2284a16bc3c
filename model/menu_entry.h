// An operation with its flags, as a menu or a program names it, looked up.
#pragma once

#include "model/language/ast.h"
#include "model/operations.h"

#include <optional>

namespace cowcheck {

// Nothing, and complaints, if there is no such operation, the actor is not who starts it, or its
// flags are not what it takes.
[[nodiscard]] std::optional<MenuItem> resolve_menu_entry(const ast::MenuEntry& entry, Actor actor,
                                                         Diagnostics& out);

}  // namespace cowcheck
