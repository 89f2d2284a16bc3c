// `pte.page` of a PTE that maps nothing: shown to be impossible in every shipped design, and
// a violation of `assertions` where a change makes it possible.
#include "model/compile/flow.h"
#include "tests/support/models.h"
#include "tests/support/trace_setup.h"
#include "traces/replay.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

// Statements after which somebody may go no further.
bool asks(const Program& program) {
    for (std::size_t at = 0; at < program.code.size(); ++at)
        if (is_oops(program.code, at)) return true;
    return false;
}

std::optional<Program> changed(const std::string& handler, const std::string& base = "v5.9",
                               const std::string& world = "default") {
    Diagnostics out;
    auto program =
        try_compile("design trial extends " + base + "\n" + handler, world_of(world), out);
    REQUIRE_MESSAGE(program, to_text(out));
    return program;
}

// do_wp_page() up to the page that it looks at; then it gives up.
std::string looks(const std::string& before) {
    return "handler do_wp_page(va) {\n" + before +
           "    page = orig.page\n    get page\n    put page\n"
           "    unlock ptl\n}\n";
}

// Two CPUs, and nothing but mmap_lock for reading between them.
const std::string zapped_world = R"(
world zapped
title "stores and MADV_DONTNEED"
pages  1
frames 3
pins   0
munmap leaves nothing
process parent {
    cpus 2
    maps va 0 anonymous written
    may write, madvise_dontneed, fork
}
process child {
    starts free
    cpus 1
    may read
}
)";

const std::string forgetful = R"(
handler do_wp_page(va) {
    unlock ptl
    lock ptl
    page = pte.page
    get page
    put page
    unlock ptl
}
)";

}  // namespace

TEST_CASE("no shipped design asks for the page of a PTE that maps nothing") {
    auto& library = builtin_library();
    for (const std::string& design : library.design_names())
        for (const std::string& world : library.world_names()) {
            CAPTURE(design);
            CAPTURE(world);
            CHECK_FALSE(asks(compiled(design, world)));
        }
}

TEST_CASE("what was found under the page table lock is known while it is held") {
    CHECK_FALSE(
        asks(*changed(looks("    orig = pte\n    if not orig.present { unlock ptl; return }\n"))));
    CHECK_FALSE(asks(*changed(looks("    orig = pte\n"))));  // fault write has looked
    CHECK_FALSE(asks(*changed(looks("    if not pte.present or pte.uffd_wp { unlock ptl; return }\n"
                                    "    orig = pte\n"))));
    // Another PTE by now; and then the same one again.
    CHECK(asks(*changed(looks("    unlock ptl\n    lock ptl\n    orig = pte\n"))));
    CHECK_FALSE(asks(*changed(looks("    old = pte\n    unlock ptl\n    lock ptl\n    orig = pte\n"
                                    "    if orig != old { unlock ptl; return }\n"))));
    CHECK(asks(
        *changed(looks("    orig = pte\n    if orig.writable { pte = none }\n    orig = pte\n"))));
    CHECK(asks(*changed(looks("    orig = pte\n    if orig.none or orig.writable { pte = none }\n"
                              "    orig = pte\n"))));
}

TEST_CASE("nothing is known from under a lock that others do without") {
    CHECK(asks(*changed(R"(
handler wp_page_reuse(va) {
    unlock ptl
    pte = none
}
)")));
}

TEST_CASE("a handler that asks for such a page violates the assertions, and goes no further") {
    const auto program = changed(forgetful, "v5.9", zapped_world);
    REQUIRE(asks(*program));
    const Verdicts plain = explore(*program, 3, {.symmetry = false});
    CHECK(plain.operations("assertion") == 3);  // fork, a store, and a zap between its locks
    CHECK(plain.holds("no_deadlock"));
    CHECK(plain.holds("refcount_is_sound"));
    CHECK(explore(*program, 3).operations() == plain.operations());
    Program joined = *program;
    reduce_steps(joined);
    CHECK(explore(joined, 3).operations() == plain.operations());
}

TEST_CASE("so does one that asks for a page that the world does not have") {
    for (const std::string page : {"vma.file_page", "zeropage", "huge_zeropage", "swap_slot"}) {
        CAPTURE(page);
        const auto program = changed("handler do_wp_page(va) {\n    page = " + page +
                                     "\n    get page\n    put page\n    unlock ptl\n}\n");
        REQUIRE(asks(*program));
        const Verdicts plain = explore(*program, 2, {.symmetry = false});
        CHECK(plain.operations("assertion") == 2);  // fork, a store
        CHECK(plain.holds("refcount_is_sound"));
        CHECK(explore(*program, 2).operations() == plain.operations());
    }
}

TEST_CASE("its trace says so, and is replayed") {
    Setup setup;
    REQUIRE(setup.library.add_world("zapped.world", zapped_world, setup.out));
    REQUIRE(setup.library.add_design("trial.cow", "design trial extends v5.9\n" + forgetful,
                                     setup.out));
    const DesignText design = setup.design("trial");
    const Program program = setup.program(design, "zapped");
    Explorer explorer(program, {});
    Stop stop;
    for (unsigned depth = 0; depth <= 3; ++depth) (void)explorer.deepen(stop);
    const auto violations = explorer.violations();
    const auto oops = std::find_if(violations.begin(), violations.end(), [&](const Violation& one) {
        return property_name(program, one.property) == assertion_name;
    });
    REQUIRE(oops != violations.end());
    const Trace trace = record(program, setup.header(design, "zapped", std::string(assertion_name)),
                               explorer.trace(*oops), setup.library.properties());
    CHECK(trace.explanation == "a page that is not there: page = pte.page");
    CHECK(replay(trace, program).verdict == ReplayVerdict::ok);
}
