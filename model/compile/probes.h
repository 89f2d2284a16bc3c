// The parts of a property's expression as code of their own, so that a reader can be
// shown what each of them is worth in a state.
#pragma once

#include "model/compile/compile.h"
#include "model/compile/value.h"
#include "model/compile/words.h"

#include <string>
#include <vector>

namespace cowcheck {

// A part: `pin.held`, or the whole. What it is made of follows it, one level deeper.
struct ProbePart {
    std::string text;
    unsigned depth = 0;
    Type type = Type::boolean;
    std::uint16_t entry = 0;  // code that leaves its value in `reg`
    std::uint8_t reg = 0;
    // `and`, `or`, `implies`: whether the last operand is looked at when the first
    // is false, true. Empty: all operands are.
    enum class Shortcut : std::uint8_t { none, when_false, when_true } shortcut = Shortcut::none;
};

// One clause of a property, for one choice of what its `for each` stands for.
struct Probe {
    ast::ClauseKind kind = ast::ClauseKind::always;
    std::string event;                   // of an `at` clause
    std::vector<std::string> variables;  // "pin", ...
    std::vector<unsigned> choice;        // which pin: the clause's `for each` in order
    std::vector<ProbePart> parts;        // [0] is the whole expression
    std::vector<WordsCode> says;         // the clause's words; none: it has none
};

struct Probes {
    Program program;  // the one given, with the parts' code behind its own
    std::vector<Probe> list;
};

// Of the property so called; none if there is no such property.
[[nodiscard]] Probes make_probes(const Program& program, const PropertySet& properties,
                                 std::string_view property);

}  // namespace cowcheck
