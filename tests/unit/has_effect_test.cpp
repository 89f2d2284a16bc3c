// Which operations do anything at all, in a design and in one that has forgotten how.
#include "checker/measure/has_effect.h"
#include "tests/support/models.h"

#include <doctest/doctest.h>

#include <set>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

constexpr const char* world_text = R"(
world meddled
title "one of each"
depth  3
pages  1
frames 4
pins   1
munmap leaves nothing
process parent {
    cpus 2
    maps va 0 anonymous written
    may write, munmap, mprotect_read, gup(write, pin)
}
procfs { may clear_refs }
kernel { may swap_out, migrate, speculative_get }
device { may dma_read, unpin }
)";

std::set<std::string> without_effect(const std::string& text) {
    Diagnostics out;
    const auto program =
        try_compile("design trial extends v6.2\n" + text, world_of(world_text), out);
    REQUIRE(program);
    Program joined = *program;
    join_steps(joined);
    Explorer explorer(joined, {});
    const Stop stop;
    while (explorer.depth() < 3) REQUIRE(explorer.deepen(stop) == StopReason::none);
    std::set<std::string> none;
    const std::vector<bool> known = have_effect(explorer);
    for (std::size_t i = 0; i < known.size(); ++i)
        if (!known[i]) none.insert(to_text(joined.operations[i].item));
    return none;
}

}  // namespace

TEST_CASE("what a kernel's operations do can be seen, but for looking at memory") {
    CHECK(without_effect("") == std::set<std::string>{"speculative_get"});
}

TEST_CASE(
    "an operation that returns at once has no effect, one that waits for ever has none either") {
    for (const std::string body : {"", "    return\n",
                                   "    lock mmap_lock for reading\n"
                                   "    unlock mmap_lock\n"})
        CHECK(without_effect("operation migrate(va) {\n" + body + "}\n").contains("migrate"));
    CHECK(without_effect("operation mprotect_read(va) {\n    lock mmap_lock for writing\n"
                         "    if vma.writable { unlock mmap_lock; return }\n"
                         "    unlock mmap_lock\n}\n")
              .contains("mprotect_read"));
    CHECK(
        without_effect("operation gup(va, flags) {\n    return\n}\n").contains("gup(write, pin)"));
}
