// What the locals of a handler hold while its thread rests, under the names of its text.
#pragma once

#include "model/machine/program.h"

#include <string>
#include <vector>

namespace cowcheck {

struct LocalValue {
    std::string name;   // "page"; "page of gup" where two handlers have one so called
    std::string value;  // "A", "A writable dirty", "yes", "parent"

    friend bool operator==(const LocalValue&, const LocalValue&) = default;
};

// Those that are still needed, in the order in which the text makes them.
[[nodiscard]] std::vector<LocalValue> locals_of(const Program& program, const State& state,
                                                unsigned thread);

// Those that the condition of the `if` names before which the thread rests.
[[nodiscard]] std::vector<LocalValue> locals_looked_at(const Program& program, const State& state,
                                                       unsigned thread);

// ", where page is A and orig is A writable"
[[nodiscard]] std::string where_text(const std::vector<LocalValue>& locals);

}  // namespace cowcheck
