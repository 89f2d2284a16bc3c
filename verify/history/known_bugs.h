// traces/known/bugs.json: the known bugs, and the worlds that show them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

struct KnownBug {
    std::string id;         // a number, or a short name, as docs/history.md has it: "B9"
    std::string what;       // in one line
    std::string reference;  // CVE, commit or mail
    std::string fix;
    std::string world;
    std::string property;
    std::vector<std::string> also;  // further properties that it breaks in this world
    // Designs that violate the property in the world, from the one on that brought the
    // bug: before, something else is the reason.
    std::vector<std::string> lives_in;
};

// Worlds with memory of one sort: one table of the history.
struct HistoryGroup {
    std::string memory;
    std::vector<std::string> worlds;
};

struct KnownBugs {
    std::vector<HistoryGroup> groups;
    std::vector<KnownBug> bugs;

    [[nodiscard]] std::vector<std::string> worlds() const;
    // The bug of this design that breaks the property in this world, or null.
    [[nodiscard]] const KnownBug* find(std::string_view design, std::string_view world,
                                       std::string_view property) const;
};

// The table that is built in.
[[nodiscard]] KnownBugs known_bugs();

}  // namespace cowcheck
