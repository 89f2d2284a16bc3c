// What traces of the first format (cowcheck 0.1) say in words only, read from those words.
#pragma once

#include "traces/trace.h"

#include <string>

namespace cowcheck {

// "page A.refcount", "parent.pte[0].writable": what changes, without its values.
[[nodiscard]] StateChange change_of_format_1(const std::string& what);
// The first line of a statement: what stands on others, that format has not got.
[[nodiscard]] Statement statement_of_format_1(const std::string& text);
[[nodiscard]] Actor actor_of_format_1(const std::string& thread);

}  // namespace cowcheck
