// Designs that are the same program in a world.
#include "model/compile/same_program.h"
#include "tests/support/models.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

bool are_one(const std::string& a, const std::string& b, const std::string& world) {
    return is_same_program(compiled(a, world), compiled(b, world));
}

// A built-in world with a shared zeropage that nobody can come to map: nothing else happens in
// it, but pages are not all anonymous, so handlers ask.
std::string with_a_zeropage(const std::string& world) {
    std::ifstream in(std::string(COWCHECK_SOURCE_DIR) + "/model/worlds/" + world + ".world");
    std::string text{std::istreambuf_iterator<char>(in), {}};
    const std::string line = "munmap leaves nothing\n";
    const std::size_t at = text.find(line);
    REQUIRE(at != std::string::npos);
    text.insert(at + line.size(), "zeropage shared\n");
    return text.replace(text.find("world " + world), 6 + world.size(), "world with-a-zeropage");
}

}  // namespace

TEST_CASE("no handler asks whether a free page is anonymous") {
    const auto questions = [](const Program& program) {
        return std::count_if(program.code.begin(), program.code.end(),
                             [](const Instruction& i) { return i.code == Code::is_anon; });
    };
    REQUIRE(questions(compiled("v6.2", "tiny")) <
            questions(compiled("v6.2", with_a_zeropage("tiny"))));
    for (const std::string& design : builtin_library().design_names())
        for (const std::string world : {"tiny", "pte-same", "fork-and-pin", "stale-tlb",
                                        "uffd-race", "mprotect", "vmsplice"}) {
            CAPTURE(design);
            CAPTURE(world);
            const unsigned depth = slow_build ? 2 : 4;
            const Verdicts decided = explore(compiled(design, world, true), depth);
            const Verdicts asked = explore(compiled(design, with_a_zeropage(world), true), depth);
            CHECK(decided.states == asked.states);
            CHECK(decided.operations() == asked.operations());
        }
}

TEST_CASE("v5.10 differs from v5.9 only in what it does to memory that tiny does not have") {
    CHECK(are_one("v5.9", "v5.10", "tiny"));
    CHECK_FALSE(are_one("v5.8", "v5.9", "tiny"));
}

TEST_CASE("v6.2 unshares what v5.19 does not: the same where all memory is anonymous") {
    CHECK(are_one("v5.19", "v6.2", "default"));
    CHECK(are_one("v5.19", "v6.2", "tiny"));
    CHECK_FALSE(are_one("v5.19", "v6.2", "zeropage"));
    CHECK_FALSE(are_one("v5.19", "v6.2", "memfd"));
}

TEST_CASE("a program in another world is another one") {
    CHECK_FALSE(is_same_program(compiled("v6.2", "tiny"), compiled("v6.2", "remap")));
}

TEST_CASE("whatever the machine goes by makes a difference") {
    const Program one = compiled("v6.2", "tiny");
    REQUIRE(is_same_program(one, one));
    const auto differs = [&](auto change) {
        Program other = one;
        change(other);
        return !is_same_program(one, other) && !is_same_program(other, one);
    };
    CHECK(differs([](Program& p) { p.code.back().imm ^= 1U; }));
    CHECK(differs([](Program& p) { p.code.push_back({}); }));
    CHECK(differs([](Program& p) { p.rests.back().live[0] ^= 1U; }));
    CHECK(differs([](Program& p) { p.rests.back().held ^= Held::ptl; }));
    CHECK(differs([](Program& p) { p.operations.back().entry += 1; }));
    CHECK(differs([](Program& p) { p.menus.front().pop_back(); }));
    CHECK(differs([](Program& p) { p.start.words[0] ^= 1U; }));
    CHECK(differs([](Program& p) { p.properties.front().applies = false; }));
    CHECK(differs([](Program& p) { p.always.entry += 1; }));
    CHECK(differs([](Program& p) { p.unread_ghosts ^= 1U; }));
}

TEST_CASE("what is for people only makes none") {
    const Program one = compiled("v6.2", "tiny");
    Program other = one;
    other.rests.back().where = "elsewhere";
    other.rests.back().span = {};
    other.statements.clear();
    other.locals.clear();
    CHECK(is_same_program(one, other));
}
