// The checks of properties stand in a program twice: as their text says, for those who watch
// what is asked, and in few instructions for the explorer. Both say the same.
#include "checker/measure/executed.h"
#include "tests/support/models.h"
#include "tests/support/random_worlds.h"
#include "tests/support/walks.h"

#include <doctest/doctest.h>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

struct Seen {
    std::uint32_t by_states = 0;  // properties that were violated
    std::uint32_t by_steps = 0;
};

void compare_in(const Program& program, const State& state, Seen& seen) {
    for (const Stuck stuck : {Stuck{}, Stuck{true, false}, Stuck{false, true}}) {
        State one = state;
        State other = state;
        std::vector<std::uint16_t> asked;
        const std::uint32_t violated =
            Machine<CheckRecorder>(program, one, CheckRecorder(&asked)).check_state(stuck);
        REQUIRE(Machine<>(program, other).check_state(stuck) == violated);
        if (!stuck.any()) seen.by_states |= violated;
    }
}

// All states that a search finds first.
void compare_in_states(const Program& program, unsigned depth, Seen& seen) {
    Explorer explorer(program, {});
    Stop stop;
    stop.max_states = slow_build ? 1'000 : 50'000;
    while (explorer.depth() < static_cast<int>(depth) && !explorer.exhausted())
        if (explorer.deepen(stop) != StopReason::none) break;
    explorer.for_each_state(
        0, [&](const State& state, unsigned) { compare_in(program, state, seen); });
}

// What steps are checked for, on random schedules.
void compare_steps(const Program& program, Random& random, Seen& seen) {
    walk(program, random, slow_build ? 1 : 4, 60, [&](const State& state) {
        for (const Successor& next : successors(program, state)) {
            State other = state;
            ExecutedStep executed;
            const StepResult result = perform_recorded(program, other, next.action, executed);
            REQUIRE(result.violated == next.result.violated);
            REQUIRE(other == next.state);
            seen.by_steps |= result.violated;
        }
    });
}

struct Counter : NoObserver {
    std::size_t* to = nullptr;
    explicit Counter(std::size_t* count) : to(count) {}
    void at(unsigned) const { ++*to; }
};
struct Reader : Counter {
    static constexpr bool reads_checks = true;
    using Counter::Counter;
};

}  // namespace

TEST_CASE("the short checks of a kernel find what its properties say, in every world") {
    Random random(1);
    Seen seen;
    for (const std::string& world : builtin_library().world_names())
        for (const std::string& design : all_designs) {
            CAPTURE(world);
            CAPTURE(design);
            compare_steps(compiled(design, world), random, seen);
        }
    CHECK(seen.by_steps != 0);
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        compare_in_states(compiled(design, "default", true), 3, seen);
    }
    CHECK((slow_build || seen.by_states != 0));
}

TEST_CASE("... and so do those of a kernel with a random mistake in it") {
    Random random(2);
    Seen seen;
    unsigned compared = 0;
    while (compared < (slow_build ? 150U : 400U)) {
        const std::string design =
            random_mutant(random, all_designs[below(random, all_designs.size())]);
        const std::string world = random_world(random);
        Diagnostics out;
        const auto resolved = try_world(world);
        if (!resolved) continue;
        const auto program = try_compile(design, *resolved, out);
        if (!program) continue;
        INFO(world, design);
        compare_steps(*program, random, seen);
        if (Packing(*program).fits()) compare_in_states(*program, 2, seen);
        ++compared;
    }
    CHECK((slow_build || seen.by_states != 0));
    CHECK(seen.by_steps != 0);
}

TEST_CASE("the check of a state takes a third of the instructions that its text takes") {
    const Program program = compiled("v5.19", "default");
    Random random(3);
    std::size_t long_way = 0;
    std::size_t short_way = 0;
    walk(program, random, 10, 60, [&](const State& state) {
        State copy = state;
        (void)Machine<Reader>(program, copy, Reader(&long_way)).check_state({});
        (void)Machine<Counter>(program, copy, Counter(&short_way)).check_state({});
    });
    CHECK(short_way * 3 <= long_way);
}
