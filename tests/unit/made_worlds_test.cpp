// Worlds that are made for a change.
#include "tests/support/models.h"
#include "verify/worlds/made_worlds.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

bool has(const std::vector<MadeWorld>& worlds, const std::string& name) {
    return std::any_of(worlds.begin(), worlds.end(),
                       [&](const MadeWorld& one) { return one.world.name == name; });
}

DesignText changed_by(const std::string& text) {
    Diagnostics out;
    auto design = try_parse("design trial extends v6.2\n" + text, out);
    REQUIRE(design);
    return *design;
}

}  // namespace

TEST_CASE("every operation meddles somewhere, or belongs to the program or to who holds a pin") {
    std::set<std::string_view> known{"read", "write"};
    for (const Meddler& one : meddlers()) {
        for (const Meddler::Entry& entry : one.entries)
            known.insert(entry.operation.substr(0, entry.operation.find('(')));
        known.insert(one.of_child.begin(), one.of_child.end());
    }
    for (const OperationInfo& operation : operation_table) {
        INFO(operation.name);
        CHECK(known.contains(operation.name) != (operation.actor == Actor::device));
    }
}

TEST_CASE("every kind of memory has worlds, and what is for huge memory is for no other") {
    for (const MemoryKind& memory : memory_kinds()) {
        INFO(memory.words);
        std::size_t made = 0;
        for (const Meddler& one : meddlers()) {
            INFO(one.name);
            const std::array beside{&one};
            const auto text = made_world_text(memory, beside);
            const bool huge = memory.backing == Backing::huge;
            CHECK(text.has_value() ==
                  (one.only != (huge ? Meddler::Only::base_pages : Meddler::Only::huge_memory)));
            if (text) ++made;
        }
        CHECK(made > 20);
    }
}

TEST_CASE("no world is made for a change that changes nothing") {
    CHECK(worlds_for_change(changed_by(""), changed_by("# nothing\n"), {}, 100).empty());
}

TEST_CASE("worlds for a change of munmap have somebody who calls it") {
    const DesignText base = changed_by("");
    const DesignText changed = changed_by("operation munmap(va) {\n}\n");
    const std::vector<MadeWorld> worlds = worlds_for_change(base, changed, {}, 20);
    CHECK(has(worlds, "made-anonymous_written-munmap"));
    CHECK(has(worlds, "made-partially_shared_thp-munmap"));
    for (const MadeWorld& one : worlds) {
        INFO(one.text);
        CHECK(one.text.find("munmap\n") != std::string::npos);
    }
    if (slow_build) return;
    // With somebody else beside it, in any kind of memory.
    const std::vector<MadeWorld> pairs = worlds_for_change(base, changed, {}, 10000);
    CHECK(has(pairs, "made-anonymous_written-munmap-swap_out"));
    CHECK(has(pairs, "made-anonymous_written-fork-munmap"));
    CHECK_FALSE(has(pairs, "made-anonymous_written-fork-swap_out"));
}
