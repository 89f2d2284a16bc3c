// What every exported model begins with: the state, the ghost functions and the
// larger steps of the kernel, unrolled for one world.
#pragma once

#include "model/export/promela.h"

namespace cowcheck::promela {

// The state as typedefs and arrays.
[[nodiscard]] std::string declarations(const Program& program, const Locals& locals,
                                       const ExportOptions& options);
// What may be asked about a state.
[[nodiscard]] std::string functions(const Program& program, const Locals& locals);
// MUST_property(...), and one inline for each event.
[[nodiscard]] std::string properties(const Program& program, const Locals& locals);
// The steps that are macros.
[[nodiscard]] std::string macros(const Program& program, const ExportOptions& options);
// DEADLOCKED, and the process that looks at every state.
[[nodiscard]] std::string watcher(const Program& program, const Locals& locals);

// `pattern` once for each number, "#" being the number, with `between`.
[[nodiscard]] std::string unroll(unsigned count, std::string_view pattern,
                                 std::string_view between);
// The names of processes as constants: "PARENT".
[[nodiscard]] std::string process_constant(const Program& program, unsigned mm);
// Names of design and world as part of an identifier.
[[nodiscard]] std::string identifier(std::string_view name);
// "(thread[t].pc == 4 || thread[t].pc >= 7 && thread[t].pc <= 9)"
[[nodiscard]] std::string rests_at(const std::vector<unsigned>& rests);

}  // namespace cowcheck::promela
