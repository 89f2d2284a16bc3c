// The search over all orders of the same operations, which shortening and explaining share.
#include "tests/support/trace_setup.h"
#include "traces/order_search.h"
#include "traces/shorten.h"

#include <doctest/doctest.h>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

// A schedule step by step, for the world `pair`.
struct Sequence {
    Program program;
    State state;
    std::vector<Action> actions;

    explicit Sequence(Program made) : program(std::move(made)), state(program.start) {
        for (Instruction& i : program.code)
            if (i.code == Code::rest) i.a = Mover::separate;
    }
    Action find(const std::string& operation, unsigned thread, int pin = -1) const {
        std::optional<Action> found;
        for_each_start(program, state, false, [&](const Action& action) {
            const bool is_device = action.kind == Action::Kind::device;
            if (!found && to_text(program.operations[action.operation].item) == operation &&
                (is_device ? pin == int{action.pin} : action.thread == thread))
                found = action;
        });
        REQUIRE_MESSAGE(found, operation);
        return *found;
    }
    void take(const Action& action) {
        REQUIRE(perform(program, state, action).blocked == Blocked::no);
        actions.push_back(action);
    }
    void run(const std::string& operation, unsigned thread) {
        take(find(operation, thread));
        while (program.layout.get(state, Field::pc, thread) != 0)
            take({Action::Kind::step, static_cast<std::uint8_t>(thread), 0, 0, 0, 0});
    }
};

State after(const Program& program, const std::vector<Action>& actions) {
    State state = program.start;
    for (const Action& action : actions)
        REQUIRE(perform(program, state, action).blocked == Blocked::no);
    return state;
}

}  // namespace

TEST_CASE("an operation on a pin is known by the pin that it was for, in whichever slot") {
    Setup setup;
    const DesignText design = setup.design("v5.9");
    Sequence one(setup.program(design, "pair"));
    one.run("gup(write, pin)", 0);
    one.run("gup(read, get)", 1);
    one.take(one.find("dma_read", 0, 1));  // of the second one
    const auto operations = operations_of(one.program, one.actions);
    REQUIRE(operations.size() == 3);

    Sequence other(setup.program(design, "pair"));
    other.run("gup(read, get)", 1);
    other.run("gup(write, pin)", 0);
    CHECK(starts(other.program, other.state, other.find("dma_read", 0, 0), operations[2]));
    CHECK_FALSE(starts(other.program, other.state, other.find("dma_read", 0, 1), operations[2]));
    CHECK_FALSE(starts(other.program, other.state, other.find("dma_read", 0, 0), operations[0]));

    // A GUP is the same whichever slot is free for it.
    Sequence fresh(setup.program(design, "pair"));
    CHECK(starts(fresh.program, fresh.state, fresh.find("gup(read, get)", 1), operations[1]));
    CHECK_FALSE(starts(fresh.program, fresh.state, fresh.find("gup(read, get)", 0), operations[1]));
}

TEST_CASE("every step that the search tells of is one, and its path leads there") {
    Setup setup;
    Sequence given(setup.program(setup.design("v5.9"), "pair"));
    given.run("read", 0);
    given.run("write", 1);
    const auto search_all = [&](bool apart) {
        OrderSearch search(given.program, operations_of(given.program, given.actions),
                           given.program.start, {0, 100000, apart});
        std::size_t told = 0;
        std::size_t length = 0;
        for (bool more = true; more;) {
            ++length;
            more = search.next_layer([&](const OrderSearch::Step& step) {
                const std::vector<Action> path = search.path(step);
                CHECK(path.size() == length);
                CHECK(after(given.program, path) == step.state);
                CHECK(operations_of(given.program, path).size() <= 2);
                ++told;
            });
        }
        CHECK(search.is_exhausted());
        return told;
    };
    const std::size_t apart = search_all(true);
    const std::size_t together = search_all(false);
    CHECK(together > given.actions.size());
    CHECK(apart > together);
}

TEST_CASE("of the ways to a state that are as short, the one with the fewest switches is kept") {
    Setup setup;
    Sequence given(setup.program(setup.design("v5.9"), "pair"));
    given.run("read", 0);
    given.run("read", 1);
    OrderSearch search(given.program, operations_of(given.program, given.actions),
                       given.program.start, {0, 100000, true});
    unsigned fewest = 1000;
    std::vector<Action> path;
    const auto look = [&](const OrderSearch::Step& step) {
        if (!(step.state == given.state) || step.switches >= fewest) return;
        fewest = step.switches;
        path = search.path(step);
    };
    while (search.next_layer(look)) {}
    CHECK(fewest == 1);
    unsigned switches = 0;
    for (std::size_t i = 1; i < path.size(); ++i) switches += path[i].thread != path[i - 1].thread;
    CHECK(switches == fewest);
}

TEST_CASE("the search gives up at its limit, and keeps to the bound on operations in flight") {
    Setup setup;
    Sequence given(setup.program(setup.design("v5.9"), "pair"));
    given.run("read", 0);
    given.run("write", 1);
    const auto operations = operations_of(given.program, given.actions);
    OrderSearch small(given.program, operations, given.program.start, {0, 10, true});
    while (small.next_layer([](const OrderSearch::Step&) {})) {}
    CHECK_FALSE(small.is_exhausted());
    OrderSearch alone(given.program, operations, given.program.start, {1, 100000, true});
    while (alone.next_layer([&](const OrderSearch::Step& step) {
        CHECK(in_flight(given.program, step.state) <= 1);
    })) {}
    CHECK(alone.is_exhausted());
}
