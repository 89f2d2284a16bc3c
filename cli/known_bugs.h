// traces/known/bugs.json: the known bugs, and the worlds that show them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

struct KnownBug {
    std::string id;    // the number in kernel-eras.md, or a short name: "B9"
    std::string what;  // in one line
    std::string reference;  // CVE, commit or mail
    std::string fix;
    std::string world;
    std::string property;
    std::vector<std::string> lives_in;  // designs that violate the property in the world
};

// A world that some design is told apart in, and how deep it is explored for that.
struct HistoryWorld {
    std::string name;
    unsigned depth = 0;
};

struct KnownBugs {
    std::vector<HistoryWorld> worlds;
    std::vector<KnownBug> bugs;

    // The bug of this design that shows in this world, or null.
    [[nodiscard]] const KnownBug* find(std::string_view design, std::string_view world,
                                       std::string_view property) const;
};

// The table that is built in.
[[nodiscard]] KnownBugs known_bugs();

}  // namespace cowcheck
