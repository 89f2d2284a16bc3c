// Operations that go round for ever, and those that only wait.
#include "model/machine/expand.h"
#include "tests/support/models.h"
#include "tests/support/reference_explorer.h"

#include <doctest/doctest.h>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

// One page of the parent's, and who does something to it.
std::string world_with(const std::string& memory, const std::string& actors) {
    return "world one-page\ntitle \"a page\"\ndepth 3\narch x86\npages 1\nframes 4\npins 1\n"
           "munmap leaves nothing\nprocess parent {\n    cpus 2\n    maps va 0 anonymous " +
           memory + "\n" + actors;
}
const std::string many = "    may write, munmap, gup(read, get)\n}\n";
const std::string one_page = world_with("written", many);
const std::string untouched = world_with("untouched", many);
const std::string protected_page =
    world_with("written", "    may write\n}\nmonitor { may uffd_wp_protect }\n");

Verdicts verdicts(const std::string& text, const std::string& world_text) {
    Diagnostics out;
    auto program = try_compile(text, world_of(world_text), out);
    for (const Diagnostic& d : out) MESSAGE(d.message);
    REQUIRE(program);
    const Verdicts plain = explore(*program, 3);
    // An explorer that has nothing in common with the other one looks for the cycle in a list.
    const Verdicts reference = explore_simply(*program, 2, 2);
    CHECK(reference.operations("no_livelock") ==
          (plain.operations("no_livelock") > 2 ? 0 : plain.operations("no_livelock")));
    reduce_steps(*program);
    const Verdicts joined = explore(*program, 3);
    CHECK(joined.operations("no_livelock") == plain.operations("no_livelock"));
    return joined;
}

}  // namespace

TEST_CASE("a write fault that does nothing is retried for ever") {
    CHECK(
        verdicts("design lazy extends v6.2\nfault write(va) { lock ptl; unlock ptl }\n", untouched)
            .operations("no_livelock") == 1);
}

TEST_CASE("a GUP that neither faults nor fails goes round as soon as there is nothing to find") {
    const std::string design = R"(design spins extends v6.2
operation gup(va, flags) {
    lock mmap_lock for reading
    loop {
        if not vma.mapped { unlock mmap_lock; fail }
        lock ptl
        if pte.present {
            page = pte.page
            get page
            unlock ptl
            unlock mmap_lock
            return page
        }
        unlock ptl
    }
}
)";
    CHECK(verdicts(design, untouched).operations("no_livelock") == 1);
    CHECK(verdicts(design, one_page).holds("no_livelock"));
}

// The one who goes round holds what the other one waits for.
TEST_CASE("a trylock in a loop never gets a lock whose owner waits for mmap_lock") {
    const auto design = [](const std::string& between) {
        return R"(design tries extends v6.2
operation munmap(va) {
    lock mmap_lock for writing
    if pte.none { unlock mmap_lock; return }
    page = pte.page
    loop { if trylock page { break } }
    unlock page
    unlock mmap_lock
}
operation gup(va, flags) {
    lock mmap_lock for reading
    if pte.none { unlock mmap_lock; fail }
    page = pte.page
    lock page
)" + between + R"(    unlock page
    unlock mmap_lock
    fail
}
)";
    };
    const std::string waits = "    unlock mmap_lock\n    lock mmap_lock for reading\n";
    CHECK(verdicts(design(waits), one_page).operations("no_livelock") == 2);
    CHECK(verdicts(design(""), one_page).holds("no_livelock"));
}

TEST_CASE("whoever waits for userfaultfd does not go round") {
    CHECK(verdicts("design base extends v6.2\n", protected_page).holds("no_livelock"));
    const std::string no_wait = R"(design rushes extends v6.2
handler do_wp_page(va, unshare) {
    if pte.uffd_wp { unlock ptl; return }
    unlock ptl
}
)";
    CHECK(verdicts(no_wait, protected_page).operations("no_livelock") == 2);
}

TEST_CASE("in the built-in designs every operation comes to its end") {
    for (const std::string& design : all_designs)
        for (const char* world :
             {"tiny", "default", "uffd-race", "swap-tracked", "ksm", "hugetlb"}) {
            if (builtin_library().world(world) == nullptr) continue;
            CAPTURE(design);
            CAPTURE(world);
            CHECK(explore(compiled(design, world, true), sanitized ? 2 : 4).holds("no_livelock"));
        }
}
