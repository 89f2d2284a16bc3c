// A design's condition as a Z3 formula: the same syntax tree that is compiled for the
// explorer, over any numbers for the counts that it reads.
#pragma once

#include "model/compile/design_text.h"

#include <z3++.h>

#include <map>
#include <string>

namespace cowcheck::prove {

// Unbounded integers (width 0), or vectors of that many bits that overflow and are
// compared as unsigned numbers.
class Arithmetic {
public:
    Arithmetic(z3::context& context, unsigned width) : context_(&context), width_(width) {}

    [[nodiscard]] unsigned width() const { return width_; }
    [[nodiscard]] z3::context& context() const { return *context_; }
    [[nodiscard]] z3::expr value(std::uint64_t n) const;
    [[nodiscard]] z3::expr constant(const std::string& name) const;
    [[nodiscard]] z3::expr less(const z3::expr& a, const z3::expr& b) const;
    [[nodiscard]] z3::expr at_most(const z3::expr& a, const z3::expr& b) const;

private:
    z3::context* context_;
    unsigned width_;
};

// What the counts of the page are in a formula.
struct Counts {
    z3::expr refcount;
    z3::expr mapcount;
    z3::expr pincount;   // of a large folio: _pincount
    z3::expr swapcount;  // swap entries that point to the page's slot
};

// Everything else that a condition looks at: one unknown for each text. `page.anon` is
// the same unknown wherever it is read.
using Unknowns = std::map<std::string, z3::expr>;

// The condition, evaluated on `page` (the name in its text). New unknowns are added.
[[nodiscard]] z3::expr translate(const DesignText& design, const ast::Expr& condition,
                                 const std::string& page, const Counts& counts,
                                 const Arithmetic& arithmetic, Unknowns& unknowns);

}  // namespace cowcheck::prove
