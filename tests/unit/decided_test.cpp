// An exploration that ends when it knows all it was asked for.
#include "model/language/parse.h"
#include "tests/support/models.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

// Of every property and of the design's assertions: the violation that one exploration keeps.
struct Found {
    std::vector<Violation> violations;
    std::uint64_t states = 0;
    std::uint64_t transitions = 0;
    bool decided = false;
    int depth = -1;
};

Found explore_until(const Program& program, unsigned depth, ExploreOptions options,
                    std::uint32_t until_decided) {
    options.until_decided = until_decided;
    Explorer explorer(program, options);
    const Stop stop;
    while (explorer.depth() < static_cast<int>(depth) && !explorer.exhausted() &&
           !explorer.decided())
        REQUIRE(explorer.deepen(stop) == StopReason::none);
    // It has ended: nothing more happens.
    const Found found{explorer.violations(), explorer.states(), explorer.transitions(),
                      explorer.decided(), explorer.depth()};
    if (found.decided) {
        REQUIRE(explorer.deepen(stop) == StopReason::none);
        CHECK(explorer.states() == found.states);
        CHECK(explorer.violations().size() == found.violations.size());
    }
    return found;
}

const Violation& of_property(const Found& found, unsigned property) {
    const auto at = std::find_if(found.violations.begin(), found.violations.end(),
                                 [&](const Violation& one) { return one.property == property; });
    REQUIRE(at != found.violations.end());
    return *at;
}

void check_same(const Violation& one, const Violation& other) {
    CHECK(one.operations == other.operations);
    CHECK(one.transitions == other.transitions);
    CHECK(one.state.words == other.state.words);
    CHECK(one.state_operations == other.state_operations);
    CHECK(one.state_transitions == other.state_transitions);
    CHECK(one.action == other.action);
}

void ends_early_with_the_same(const Program& program, unsigned depth,
                              const ExploreOptions& options) {
    const Found whole = explore_until(program, depth, options, 0);
    CHECK_FALSE(whole.decided);
    std::uint32_t all = 0;
    for (const Violation& wanted : whole.violations) {
        CAPTURE(property_name(program, wanted.property));
        const std::uint32_t bit = 1U << wanted.property;
        all |= bit;
        const Found found = explore_until(program, depth, options, bit);
        CHECK(found.decided);
        CHECK(found.states <= whole.states);
        CHECK(found.transitions <= whole.transitions);
        CHECK(found.depth == static_cast<int>(wanted.operations) - 1);
        check_same(of_property(found, wanted.property), wanted);
    }
    if (all == 0) return;
    const Found found = explore_until(program, depth, options, all);
    CHECK(found.decided);
    for (const Violation& wanted : whole.violations)
        check_same(of_property(found, wanted.property), wanted);
}

// One property only, of these clauses.
PropertySet own_property(const std::string& clauses) {
    PropertySet own;
    own.files.push_back(std::make_unique<SourceFile>(
        SourceFile{"own.cow", "property own safety\n    \"own\"\n    source \"own\"\n" + clauses}));
    Diagnostics out;
    auto tree = parse_properties(*own.files.back(), out);
    REQUIRE_MESSAGE(tree, to_text(out));
    own.properties = std::move(tree->properties);
    return own;
}

Program with_property(const std::string& design, const std::string& world,
                      const std::string& clauses) {
    Diagnostics out;
    const auto text = builtin_library().design(design, out);
    auto program = compile(*text, own_property(clauses), world_of(world), out);
    REQUIRE_MESSAGE(program, to_text(out));
    reduce_steps(*program);
    return *program;
}

}  // namespace

TEST_CASE("what is violated is found as in an exploration that goes on, step by step the same") {
    for (const std::string& design : all_designs)
        for (const char* world : {"default", "direct-io", "soft-dirty", "stale-tlb", "remap"})
            for (const bool joined : {true, false})
                for (const bool symmetry : {true, false}) {
                    CAPTURE(design);
                    CAPTURE(world);
                    CAPTURE(joined);
                    CAPTURE(symmetry);
                    const unsigned depth = slow_build || !(joined && symmetry) ? 2 : 4;
                    const Program program = compiled(design, world, joined);
                    ends_early_with_the_same(program, depth, {.symmetry = symmetry});
                }
}

TEST_CASE("any number of threads ends with the same round") {
    const Program program = compiled("v5.9", "default", true);
    const unsigned depth = slow_build ? 3 : 4;
    for (const bool symmetry : {true, false}) {
        CAPTURE(symmetry);
        const unsigned levels = symmetry ? depth : depth - 1;
        for (const Violation& wanted :
             explore_until(program, levels, {.symmetry = symmetry}, 0).violations) {
            const std::uint32_t bit = 1U << wanted.property;
            const Found one = explore_until(program, levels, {.symmetry = symmetry}, bit);
            const Found two =
                explore_until(program, levels, {.threads = 2, .symmetry = symmetry}, bit);
            CHECK(one.states == two.states);
            CHECK(one.transitions == two.transitions);
            check_same(of_property(one, wanted.property), of_property(two, wanted.property));
        }
    }
}

TEST_CASE("v5.9 breaks a R/W pin with 3 operations: the rest of that level is left out") {
    const Program program = compiled("v5.9", "default", true);
    unsigned pin = 0;
    while (property_name(program, pin) != "rw_pin_matches_mapping") ++pin;
    const Found whole = explore_until(program, 3, {}, 0);
    const Found found = explore_until(program, 3, {}, 1U << pin);
    CHECK(of_property(whole, pin).operations == 3);
    CHECK(found.decided);
    CHECK(found.states < whole.states);
}

TEST_CASE("what holds keeps it going, whatever else is violated") {
    const Program program = compiled("v5.9", "default", true);
    const Found whole = explore_until(program, 3, {}, 0);
    const Found found = explore_until(program, 3, {}, ~0U);
    CHECK_FALSE(found.decided);
    CHECK(found.states == whole.states);
    CHECK(found.depth == 3);
}

// Two transitions violate it in both ways: the load is seen in round 1, the PTE that is gone in
// round 2, and of violations that are as short, the one of the smaller state is told.
TEST_CASE("a violation that is as short is waited for, though a step's was seen a round before") {
    const World world = world_of(R"(world room
title "one page"
pages 1
frames 2
process parent {
    cpus 2
    maps va 0 anonymous written
    may read, mprotect_write
}
)");
    Diagnostics out;
    const auto text = try_parse(R"(design trial extends v6.2
operation mprotect_write(va) {
    lock ptl
    pte = none
    unlock ptl
}
)",
                                out);
    REQUIRE_MESSAGE(text, to_text(out));
    PropertySet own =
        own_property("    always for each mm, va: pte(mm, va).present\n    at load: false\n");
    const auto program = compile(*text, own, world, out);
    REQUIRE_MESSAGE(program, to_text(out));
    const Found whole = explore_until(*program, 2, {}, 0);
    CHECK_FALSE(of_property(whole, 0).action.has_value());  // the state's
    CHECK(of_property(whole, 0).transitions == 2);
    ends_early_with_the_same(*program, 2, {});
}

TEST_CASE("what must be reached is decided where it is") {
    const Program program =
        with_property("v5.9", "direct-io", "    sometimes for each pin: pin.held\n");
    const Found whole = explore_until(program, 3, {}, 0);
    const Found found = explore_until(program, 3, {}, 1);
    CHECK(found.decided);
    CHECK(found.depth == 0);  // one operation is under way
    CHECK(found.states < whole.states);
}
