// Packing is exact, and small enough.
#include "tests/support/walks.h"
#include "tests/support/worlds.h"

#include "checker/system/packing.h"

#include <doctest/doctest.h>

#include <map>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

std::vector<std::string> all_worlds() {
    auto worlds = builtin_library().world_names();
    worlds.insert(worlds.end(), {small_two_pages, twins, wide_twins, thp_twins});
    return worlds;
}

}  // namespace

TEST_CASE("a state that was packed and unpacked is the same state, in every design and world") {
    Random random(1);
    for (const std::string& world : all_worlds())
        for (const std::string& design : all_designs) {
            CAPTURE(world);
            CAPTURE(design);
            const Program program = compiled(design, world);
            const Packing packing(program);
            if (!packing.fits()) continue;
            walk(program, random, slow_build ? 2 : 10, 80, [&](const State& state) {
                State again;
                packing.unpack(packing.pack(state), again);
                REQUIRE(again == state);
            });
        }
}

TEST_CASE("states that differ are packed differently") {
    Random random(2);
    const Program program = compiled("v5.19", "default");
    const Packing packing(program);
    std::map<decltype(PackedState::words), State> known;
    walk(program, random, slow_build ? 20 : 100, 80, [&](const State& state) {
        const auto [at, is_new] = known.try_emplace(packing.pack(state).words, state);
        REQUIRE(at->second == state);
    });
}

TEST_CASE("every bit that a field can have survives packing") {
    const Program program = compiled("v5.19", "default");
    const Packing packing(program);
    for (std::size_t f = 0; f < field_table.size(); ++f) {
        const auto field = static_cast<Field>(f);
        const FieldInfo& about = info(field);
        if (field == Field::pc || !program.layout.has(field))
            continue;  // no more bits than there are rests
        for (unsigned i = 0; i < program.layout.size(about.scope); ++i) {
            State state = program.start;
            unsigned bits =
                program.layout.largest(field);  // of these two, one for each mapping, holder
            if (field == Field::expected) bits = (1U << program.layout.size(Scope::pte)) - 1U;
            if (field == Field::entitled)
                bits = (1U << (program.layout.mms + program.layout.size(Scope::pin))) - 1U;
            if (field == Field::giving_up) bits = 3;  // the parent has two CPUs
            program.layout.set(state, field, i, bits);
            State again;
            packing.unpack(packing.pack(state), again);
            CHECK_MESSAGE(again == state, about.name);
        }
    }
}

TEST_CASE("a state of the default world takes at most 64 bytes") {
    for (const std::string& design : all_designs) {
        const Packing packing(compiled(design, "default"));
        CHECK(packing.fits());
        CHECK(packing.words() * 8 <= 64);
        CHECK(packing.left_words() < packing.words());
    }
}

TEST_CASE("every shipped world fits into what can be stored, for every design") {
    for (const std::string& world : builtin_library().world_names())
        for (const std::string& design : all_designs) {
            CAPTURE(world);
            CAPTURE(design);
            const Packing plain(compiled(design, world));
            CHECK(plain.fits());
            // Rests that are one have no locals but their own threads'.
            CHECK(Packing(compiled(design, world, true)).words() <= plain.words());
        }
}
