// Designs that are the same program in a world.
#include "model/compile/same_program.h"
#include "tests/support/models.h"

#include <doctest/doctest.h>

#include <string>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

bool are_one(const std::string& a, const std::string& b, const std::string& world) {
    return is_same_program(compiled(a, world), compiled(b, world));
}

}  // namespace

TEST_CASE("v5.10 differs from v5.9 only in what it does to memory that tiny does not have") {
    CHECK(are_one("v5.9", "v5.10", "tiny"));
    CHECK_FALSE(are_one("v5.8", "v5.9", "tiny"));
}

// gup_must_unshare() asks more in v6.2. That no page of the world makes a difference there does
// not follow from the text: a page that is free is not anonymous.
TEST_CASE("v6.2 is v6.1 where nobody pins to read, and another program where somebody does") {
    CHECK(are_one("v6.1", "v6.2", "zap-race"));
    CHECK_FALSE(are_one("v6.1", "v6.2", "default"));
    CHECK_FALSE(are_one("v6.1", "v6.2", "zeropage"));
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
