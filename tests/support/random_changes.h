// Random wrong changes of designs: statements that move, and tokens that are others.
#pragma once

#include "model/library.h"
#include "tests/support/random.h"

#include <string>
#include <vector>

namespace cowcheck::test {

// One handler that a design has in force, with those it extends; or one that is changed.
struct HandlerText {
    std::string head;  // "handler do_wp_page"
    std::vector<std::string> lines;

    [[nodiscard]] std::string text() const;
};

// All that are the design's own; those of the hardware are nobody's to change.
[[nodiscard]] std::vector<HandlerText> handlers_of(const DesignText& design);

// One or two mistakes in the handler. Most don't compile; that is for the caller to see.
void change(Random& random, HandlerText& handler);

}  // namespace cowcheck::test
