// The explorer against one that is too simple to be wrong: tests/support/
// reference_explorer.h.
#include "tests/support/reference_explorer.h"
#include "tests/support/worlds.h"

#include <doctest/doctest.h>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

struct Case {
    std::string world;
    unsigned depth;
    unsigned concurrency;
};

std::vector<Case> cases() {
    const unsigned less = slow_build ? 1 : 0;
    return {{"tiny", slow_build ? 6U : 20U, 2},
            {"stale-tlb", 2, 0},
            {"stale-tlb", 3 - less, 2},
            {"zeropage", 2, 2},
            {"direct-io", 2, 0},
            {"remap", 2, 2},
            {"memfd", 3 - less, 2},
            {"hugetlb", 3 - less, 2},
            {"memfd-hugetlb", 3 - less, 2},
            {"huge-zeropage", 3 - less, 2},
            {"thp-vmsplice", 3 - less, 2},
            {"thp-ptes", 3 - less, 2},
            {"thp-faults", 2, 2},
            {"collapse", 3 - less, 2},
            {"madvise", 2, 2},
            {"mprotect", 2, 2},
            {"speculative", 2, 2},
            {"swap", 3 - less, 2},
            {"swap-fork", 3 - less, 2},
            {"migration", 3 - less, 2},
            {"migration-fork", 3 - less, 2},
            {"ksm", 2, 2},
            {"ksm-shared", 3 - less, 2},
            {"ksm-migration", 2, 2},
            {"default", 2 - less, 2},
            {twins, 4 - less, 2},
            {thp_twins, 3 - less, 2},
            {small_two_pages, 4 - less, 0}};
}

// Each needed more than once, and slow.
const Verdicts& reference(const Case& c, const std::string& design) {
    static std::map<std::string, Verdicts> known;
    const std::string key = design + std::to_string(c.concurrency) + c.world;
    const auto found = known.find(key);
    if (found != known.end()) return found->second;
    return known[key] = explore_simply(compiled(design, c.world), c.depth, c.concurrency);
}

std::string describe(const Case& c, const std::string& design) {
    return design + " in " + c.world.substr(0, 40) + ", depth " + std::to_string(c.depth);
}

// What must be the same for any way to explore the same transition system.
void check_same(const Verdicts& real, const Verdicts& reference) {
    CHECK(real.states == reference.states);
    CHECK(real.transitions == reference.transitions);
    CHECK(real.violated == reference.violated);
    CHECK(real.exhausted == reference.exhausted);
    if (real.exhausted) CHECK(real.depth == reference.depth);
}

}  // namespace

TEST_CASE("without reductions the explorer finds what the reference finds, state by state") {
    for (const Case& c : cases())
        for (const std::string& design : all_designs) {
            INFO(describe(c, design));
            const Program program = compiled(design, c.world);
            check_same(explore(program, c.depth, {.concurrency = c.concurrency, .symmetry = false}),
                       reference(c, design));
        }
}

// Without a bound on operations in flight: what counts as in flight is a matter of
// single steps, which a joined program no longer shows.
TEST_CASE("joined steps are the same transition system for both explorers") {
    for (const Case& c : cases())
        for (const std::string& design : all_designs) {
            INFO(describe(c, design));
            const Program program = compiled(design, c.world, true);
            check_same(explore(program, c.depth, {.concurrency = 0, .symmetry = false}),
                       explore_simply(program, c.depth, 0));
        }
}

TEST_CASE("what is looked up is what would have been done, one operation at a time or two") {
    const unsigned less = slow_build ? 1 : 0;
    for (const Case& c : {Case{"direct-io", 5 - less, 1}, Case{"stale-tlb", 5 - less, 1},
                          Case{"remap", 4, 1}, Case{"direct-io", 4 - less, 2}})
        for (const std::string design : {"v5.9", "v6.2"}) {
            INFO(describe(c, design));
            const Program program = compiled(design, c.world);
            check_same(explore(program, c.depth, {.concurrency = c.concurrency, .symmetry = false}),
                       explore_simply(program, c.depth, c.concurrency));
        }
}

TEST_CASE("pages that were seen while a handler ran are looked at again when all is quiet") {
    // It loses a reference, and does something afterwards that leaves no trace.
    Diagnostics out;
    const auto program = try_compile(R"(
design trial extends v6.2
operation madvise_dontneed(va) {
    lock mmap_lock for reading
    lock ptl
    if pte.present {
        page = pte.page
        get page
    }
    unlock ptl
    unlock mmap_lock
    orig = pte
    if orig.present { return }
}
)",
                                     world_of("madvise"), out);
    CHECK(out.empty());
    REQUIRE(program);
    for (const unsigned concurrency : {1U, 2U})
        CHECK(explore(*program, 2, {.concurrency = concurrency, .symmetry = false}).violated ==
              explore_simply(*program, 2, concurrency).violated);
    CHECK(explore(*program, 2, {.symmetry = false}).operations("refcount_is_sound") == 1);
}

TEST_CASE("symmetry changes no verdict, no number of operations and no number of steps") {
    for (const Case& c : cases())
        for (const std::string& design : all_designs) {
            INFO(describe(c, design));
            const Program program = compiled(design, c.world);
            const Verdicts real = explore(program, c.depth, {.concurrency = c.concurrency});
            CHECK(real.violated == reference(c, design).violated);
            CHECK(real.states <= reference(c, design).states);
        }
}

TEST_CASE("joined steps and symmetry change no verdict and no number of operations") {
    for (const Case& c : cases())
        for (const std::string& design : all_designs) {
            INFO(describe(c, design));
            const Program joined = compiled(design, c.world, true);
            const Verdicts real = explore(joined, c.depth, {.concurrency = c.concurrency});
            CHECK(real.operations() == reference(c, design).operations());
            CHECK(real.states <= reference(c, design).states);
        }
}
