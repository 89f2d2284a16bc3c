// Which definitions of a design the operations of a world come to.
#pragma once

#include "model/compile/compile.h"

#include <set>

namespace cowcheck {

struct Reached {
    std::set<const ast::Handler*> handlers;
    std::set<const ast::Predicate*> predicates;

    void add(const Reached& other);
};

// What is wrong there is in `out`. An operation that the design has not got is nothing wrong.
[[nodiscard]] Reached reached_in(const DesignText& design, const World& world, Diagnostics& out);

}  // namespace cowcheck
