// What compile() does with a program, one pass after the other, and what has to be true behind
// each.
#pragma once

#include "model/compile/compile.h"
#include "model/compile/emitter.h"

#include <span>
#include <string>
#include <string_view>

namespace cowcheck {

// What the passes are given; the program is the emitter's.
struct Compilation {
    const DesignText& design;
    const PropertySet& properties;
    const World& world;
    const CompileOptions& options;
    Emitter& emitter;
};

struct Pass {
    std::string_view name;
    std::string_view does;
    // Complains where the text is wrong; then no other pass runs.
    void (*run)(const Compilation&);
    // What is wrong with the program behind it, in words for whoever mends the compiler. Nothing:
    // "". What has been true behind an earlier pass need not be, before the last one.
    std::string (*wrong)(const Program&);
};

// From the texts to a program, in this order.
extern const std::span<const Pass> passes;

// What reduces a program that is whole (compile/join.h), likewise.
struct Reduction {
    std::string_view name;
    std::string_view does;
    void (*run)(Program&);
    std::string (*wrong)(const Program&);
};
extern const std::span<const Reduction> reductions;

// Throws std::logic_error if there is something wrong behind the pass of this name.
void require(std::string_view pass, const std::string& wrong);

}  // namespace cowcheck
