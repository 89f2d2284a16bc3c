// A gate's look into worlds that are made for the change, beside those that it was given.
#pragma once

#include "verify/gate/gate.h"
#include "verify/worlds/made_worlds.h"

#include <string>
#include <vector>

namespace cowcheck {

// The first `count` worlds for the request's two designs join the library, under the paths that
// `path_of` gives to their names, and the request's selection becomes theirs.
[[nodiscard]] std::vector<MadeWorld>
select_made_worlds(Library& library, GateRequest& request, std::size_t count,
                   const std::function<std::string(const std::string&)>& path_of);

// What got worse or stayed open in them joins what was found in the request's own worlds. What is
// expected of a design is said of those alone, and what is better in a world that nobody knows is no
// news.
void add_made(GateReport& report, GateReport of_made);

}  // namespace cowcheck
