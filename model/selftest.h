// The kernel's own tests (tools/testing/selftests/mm/cow.c) as fixed programs of
// operations, compiled for a design and a kind of memory.
#pragma once

#include "model/compile/applicable.h"
#include "model/compile/compile.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

// A kind of memory that the tests run with, in the kernel's words.
struct SelftestMemory {
    std::string_view name;   // "memfd hugetlb (2048 kB)"
    std::string_view group;  // which tests: "anonymous", "other" or "thp"
    std::string_view maps;   // in the words of a world
    bool zeropage = false;   // the world has a zeropage
    bool hugetlb = false;
    bool swapped = false;  // it is paged out first, if nothing comes between
    unsigned pages = 1;    // how many of them the test runs on
    bool thp = false;      // they are, or begin, a THP
};

// In the order in which the kernel runs them.
[[nodiscard]] std::span<const SelftestMemory> selftest_memories();

// One operation of the program. It starts when the one before it has ended.
struct SelftestAction {
    std::string text;  // "parent: gup(read, pin, longterm)"
    Actor actor = Actor::cpu;
    unsigned mm = 0;  // whose CPUs, or which process a service works on
    MenuItem item;
    int va = -1;        // which virtual page, if it matters
    int property = -1;  // number of the property that it must not violate, if any
};

struct SelftestProgram {
    Program program;
    std::vector<SelftestAction> actions;
};

// What the design has not got of what the test takes; then it can't be compiled.
[[nodiscard]] std::vector<Absent>
not_applicable(const DesignText& design, const ast::Selftest& test, const SelftestMemory& memory);

[[nodiscard]] std::optional<SelftestProgram> compile_selftest(const DesignText& design,
                                                              const ast::Selftest& test,
                                                              const SelftestMemory& memory,
                                                              Diagnostics& out);

}  // namespace cowcheck
