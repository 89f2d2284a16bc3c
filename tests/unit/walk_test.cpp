// Going through a trace, leaving it, and what its property is made of.
#include "cli/stepper/reach.h"
#include "tests/support/trace_setup.h"
#include "traces/property_view.h"
#include "traces/reorder.h"
#include "traces/walk.h"

#include <doctest/doctest.h>

#include <bit>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

struct Leak {
    Setup setup;
    Trace trace = vmsplice_leak(setup);
    Program program = setup.program(setup.design("v5.7"), "tiny");
    Walk walk{trace, program};
    std::uint32_t bit = property_bit(program, "no_foreign_data");

    std::vector<Action> schedule() const {
        std::vector<Action> actions;
        for (unsigned i = 1; i <= walk.size(); ++i) actions.push_back(walk.action(i));
        return actions;
    }
    // Executed anew up to a step.
    Runner fresh(unsigned steps) const {
        Runner runner(program);
        for (unsigned i = 1; i <= steps; ++i) (void)runner.perform(walk.action(i));
        return runner;
    }
};

}  // namespace

TEST_CASE("a walk stands in the states of a fresh execution, whichever way it came") {
    Leak leak;
    REQUIRE(leak.walk.size() == leak.trace.steps.size());
    for (const unsigned position : {48U, 0U, 17U, 3U, 40U, 39U, 48U}) {
        leak.walk.go(position);
        const Runner fresh = leak.fresh(position);
        CHECK(leak.walk.runner().state() == fresh.state());
        CHECK(to_text(leak.walk.runner().view()) == to_text(fresh.view()));
        if (position > 0) CHECK(leak.walk.outcome().step == leak.trace.steps[position - 1]);
    }
    CHECK(leak.walk.first_violation(leak.bit) == 48U);
}

TEST_CASE("taking another step leaves the trace, and rejoining brings it back") {
    Leak leak;
    leak.walk.go(20);
    const auto choices = leak.walk.choices();
    const Action next = leak.walk.action(21);
    for (const Choice& choice : choices) {
        if (choice.action == next || !choice.blocked.empty()) continue;
        CHECK(leak.walk.take(choice.action).blocked == Blocked::no);
        CHECK(leak.walk.size() == 21);
        CHECK(leak.walk.left_after() == 20U);
        leak.walk.rejoin();
        CHECK(leak.walk.position() == 20);
        CHECK(leak.walk.size() == leak.trace.steps.size());
    }
    CHECK(leak.walk.take(next).blocked == Blocked::no);
    CHECK_FALSE(leak.walk.left_after());
}

TEST_CASE("the whole of a property is what the machine says of it, in every state") {
    Setup setup;
    Script script(setup, "v5.9");
    script.run("cpu0", "gup(write, pin)").run("procfs", "clear_refs").run("cpu0", "write");
    const Trace trace = script.record("rw_pin_matches_mapping");
    REQUIRE_FALSE(trace.explanation.empty());
    const PropertyView property(script.program(), setup.library.properties(),
                                "rw_pin_matches_mapping");
    const std::uint32_t bit = property_bit(script.program(), "rw_pin_matches_mapping");
    Walk walk(trace, script.program());
    for (unsigned i = 0; i <= walk.size(); ++i) {
        walk.go(i);
        bool holds = true;
        for (const PropertyInstance& one : property.look(walk.runner(), walk.outcome()))
            holds = holds && one.holds;
        CHECK(holds == ((walk.outcome().by_state & bit) == 0));
    }
    const auto last = property.look(walk.runner(), walk.outcome());
    REQUIRE_FALSE(last.empty());
    CHECK(last[0].about == "always, pin0");
    const auto value = [&](const std::string& text) -> std::string {
        for (const PropertyPart& part : last[0].parts)
            if (part.text == text) return part.value;
        return "absent";
    };
    CHECK(value("reliable_rw(pin)") == "yes");
    CHECK(value("pin.page") == "A");
    CHECK(value("pte(pin.mm, pin.va).page") == "B");
    CHECK(value("pte(pin.mm, pin.va).page == pin.page") == "no");
}

TEST_CASE(
    "the checker finds the violation from every state of its trace, and joins no step wrongly") {
    Leak leak;
    const auto number = static_cast<unsigned>(std::countr_zero(leak.bit));
    for (unsigned i = 0; i < leak.walk.size(); i += 5) {
        leak.walk.go(i);
        ReachLimits limits;
        limits.operations = leak.trace.operations - leak.walk.runner().operations();
        limits.concurrency = 2;
        const ReachAnswer answer =
            ask_checker(leak.program, leak.walk.runner().state(), number, limits);
        CHECK(answer.verdict == ReachAnswer::Verdict::reachable);
        Runner runner = leak.walk.runner();
        Outcome last;
        for (const Action& action : answer.schedule) last = runner.perform(action);
        CHECK((last.violated() & leak.bit) != 0);
        // Without any step joined it is the same answer.
        for (unsigned operations = 0; operations < 3; ++operations) {
            limits.operations = operations;
            Program plain = leak.walk.runner().program();
            plain.start = leak.walk.runner().state();
            Explorer explorer(plain, {2, 1, true});
            Stop stop;
            for (unsigned level = 0; level <= operations; ++level) (void)explorer.deepen(stop);
            const bool reachable = !explorer.violations().empty();
            const auto joined = ask_checker(leak.program, plain.start, number, limits).verdict;
            CHECK((joined == ReachAnswer::Verdict::reachable) == reachable);
        }
    }
}

TEST_CASE("with the deciding pair the other way round nothing is violated") {
    Leak leak;
    const auto schedule = leak.schedule();
    const auto number = static_cast<unsigned>(std::countr_zero(leak.bit));
    const Program& plain = leak.walk.runner().program();
    const auto pairs = deciding_pairs(plain, schedule, number);
    REQUIRE_FALSE(pairs.empty());
    for (DecidingPair pair : pairs) {
        CHECK(pair.earlier < pair.later);
        Runner runner(leak.program);
        std::uint32_t violated = 0;
        for (const Action& action : pair.schedule) violated |= runner.perform(action).violated();
        CHECK((violated & leak.bit) == 0);
        CHECK(runner.operations() == leak.trace.operations);
        settle_whatever(plain, schedule, number, 2, {}, pair);
    }
}
