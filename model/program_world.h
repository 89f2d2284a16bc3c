// The world that a program runs in: made of what it says, or of a world that it names.
#pragma once

#include "model/program_plan.h"

namespace cowcheck {

// Its memory, where operations without `va` go page by page.
struct ProgramShape {
    ast::World world;
    unsigned pages = 1;       // that such an operation is done for
    bool swap_first = false;  // `swapped` memory
};

// With menus of what the program does. Nothing, and complaints, if it does not fit.
[[nodiscard]] std::optional<ProgramShape> shape_of(const ProgramText& text,
                                                   const ProgramStart& start, Diagnostics& out);

// What a system call does to all of the memory at once, where it is more than a page: the
// operation that stands for it.
[[nodiscard]] MenuItem for_pages(const MenuItem& item, bool says_page, unsigned pages);

// An operation on one page.
[[nodiscard]] bool is_about_page(const MenuItem& item);

}  // namespace cowcheck
