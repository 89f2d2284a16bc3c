// A state in readable form: every field of the table in model/state/fields.h,
// under the names that a trace uses.
#pragma once

#include "traces/names.h"
#include "traces/trace.h"

namespace cowcheck {

struct ViewField {
    std::string name;
    FieldValue value;
    bool ghost = false;  // the kernel has no such thing
};

// "parent", "parent.pte[0]", "parent.vma[0]", "page A", "pin0", "cpu0.tlb[0]", "cpu0".
struct ViewElement {
    Scope scope = Scope::mm;
    ElementKind kind = ElementKind::process;
    std::string element;  // "A"
    std::string name;     // "page A"
    bool exists = false;  // a free frame, say, does not: then only the first field counts
    std::vector<ViewField> fields;
};

using View = std::vector<ViewElement>;

// Elements and fields come in the same order for all states of a program.
[[nodiscard]] View view(const Program& program, const State& state, const ValueNames& values);

// What is not the same, ghosts left out. Where something ceases to exist, only
// that is said.
[[nodiscard]] std::vector<StateChange> changes(const View& before, const View& after);

// One line for each element that exists: "page A: anonymous, refcount 2, ...".
// Ghosts stand behind a bar.
[[nodiscard]] std::string to_text(const View& view);

}  // namespace cowcheck
