// All designs against all properties, over the worlds that tell them apart.
#pragma once

#include "verify/history/known_bugs.h"
#include "verify/run/selection.h"
#include "verify/run/reporter.h"
#include "verify/run/left_out.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace cowcheck {

// The shortest violation over all worlds, if there is one.
struct HistoryCell {
    bool applies = false;     // the property says something about the design
    unsigned operations = 0;  // 0: holds within the bounds of every world
    bool fault = false;       // of cowcheck, in some world: then nobody knows
    std::string world;
    std::string bug;  // its number in the table of known bugs; may be empty
};

// One table: the designs in worlds with memory of one sort.
struct HistoryMatrix {
    std::string memory;
    std::vector<World> worlds;            // explored as deep as each says
    std::vector<std::string> designs;     // in the order of history
    std::vector<std::string> properties;  // in the order of their definition
    std::map<std::pair<std::string, std::string>, HistoryCell> cells;  // design, property
};

struct History {
    KnownBugs known;
    std::vector<HistoryMatrix> tables;
    std::vector<LeftOut> left_out;  // of all tables
    // What is not as a design's `expect` lines say: "v5.9 expects ...".
    std::vector<std::string> surprises;
    std::vector<Fault> faults;  // of cowcheck; none has a verdict
};

// Every schedule of every design in every world of the table, two operations in flight.
[[nodiscard]] History explore_history(const Library& library, unsigned threads,
                                      Observer& observer);

}  // namespace cowcheck
