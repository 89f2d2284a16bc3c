#include "model/compile/reached.h"

#include "model/compile/operations.h"

namespace cowcheck {

void Reached::add(const Reached& other) {
    handlers.insert(other.handlers.begin(), other.handlers.end());
    predicates.insert(other.predicates.begin(), other.predicates.end());
}

Reached reached_in(const DesignText& design, const World& world, Diagnostics& out) {
    Program program;
    Emitter emitter(program, out);
    emitter.let_absent();  // a kernel need not have what some world wants
    const Handlers handlers = compile_operations(emitter, design, world);
    return {handlers.reached(), handlers.used()};
}

}  // namespace cowcheck
