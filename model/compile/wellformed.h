// Whether a program is well formed: what each pass of compile() (passes.h) has to leave behind.
// Every function says what is wrong, in words for whoever mends the compiler, or "".
#pragma once

#include "model/machine/program.h"

#include <string>

namespace cowcheck {

// Control stays within the code and comes to an end, and no register is read before it is written.
[[nodiscard]] std::string wrong_code(const Program& program);
// No instruction carries a question that only the proofs of pages ask.
[[nodiscard]] std::string wrong_questions(const Program& program);
// Every element is as wide as its fields, and what an operation writes has its field.
[[nodiscard]] std::string wrong_strides(const Program& program);
// What properties ask changes no state, never waits, raises what there is, and ends.
[[nodiscard]] std::string wrong_checks(const Program& program);
// Each rest is one where a handler can come to stand, and its instruction says so.
[[nodiscard]] std::string wrong_rests(const Program& program);
// Whoever goes round is known to.
[[nodiscard]] std::string wrong_loops(const Program& program);
// No two fields share bits, and all have room.
[[nodiscard]] std::string wrong_places(const Program& program);
// Who searches, is said to.
[[nodiscard]] std::string wrong_searches(const Program& program);
// Nobody goes by a way that cannot be.
[[nodiscard]] std::string wrong_ways(const Program& program);
// What is forgotten is read by nobody.
[[nodiscard]] std::string wrong_ghosts(const Program& program);
// Instructions find the fields where the layout says that they are.
[[nodiscard]] std::string wrong_access(const Program& program);
// Nobody is under way, and the counts of mappings are those of the page tables.
[[nodiscard]] std::string wrong_start(const Program& program);
// Each thread has the items of its menu, in their order.
[[nodiscard]] std::string wrong_menus(const Program& program);
// Conditions stand where they are asked for, and all instructions of a rest say the same of it.
[[nodiscard]] std::string wrong_movers(const Program& program);

}  // namespace cowcheck
