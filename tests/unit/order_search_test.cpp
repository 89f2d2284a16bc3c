// The search over all orders of the same operations, which shortening and explaining share.
#include "tests/support/trace_setup.h"
#include "traces/order_search.h"
#include "traces/shorten.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <utility>

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

// By final state: how many steps lead there, and with how many changes of who steps.
using Way = std::pair<std::size_t, unsigned>;
using Ways = std::map<decltype(State::words), Way>;

void keep_best(Ways& ways, const State& state, const Way& way) {
    const auto [known, fresh] = ways.emplace(state.words, way);
    if (!fresh) known->second = std::min(known->second, way);
}

unsigned switches_of(const std::vector<Action>& path) {
    unsigned switches = 0;
    for (std::size_t i = 1; i < path.size(); ++i) switches += path[i].thread != path[i - 1].thread;
    return switches;
}

std::size_t starts_in(const std::vector<Action>& path) {
    return static_cast<std::size_t>(std::count_if(
        path.begin(), path.end(), [](const Action& a) { return a.kind != Action::Kind::step; }));
}

// Every interleaving, one after the other, with no memory of any state.
void take_every_way(const Program& program, const std::vector<ScheduledOperation>& operations,
                    const State& state, unsigned used, std::vector<Action>& way, Ways& ways) {
    if (in_flight(program, state) == 0 && used + 1U == 1U << operations.size())
        return keep_best(ways, state, {way.size(), switches_of(way)});
    const auto go_on = [&](const Action& action, unsigned now_used) {
        State next = state;
        if (perform(program, next, action).blocked != Blocked::no) return;
        way.push_back(action);
        take_every_way(program, operations, next, now_used, way, ways);
        way.pop_back();
    };
    for_each_step(program, state, [&](const Action& action) { go_on(action, used); });
    for_each_start(program, state, false, [&](const Action& action) {
        for (unsigned i = 0; i < operations.size(); ++i)
            if ((used >> i & 1U) == 0 && starts(program, state, action, operations[i]))
                go_on(action, used | 1U << i);
    });
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
    given.run("write", 0);
    given.run("clear_refs", 4);
    const Program& program = given.program;
    const auto operations = operations_of(program, given.actions);
    OrderSearch search(program, operations, program.start, {0, 100000, true});
    Ways found;
    while (search.next_layer([&](const OrderSearch::Step& step) {
        const std::vector<Action> path = search.path(step);
        CHECK(switches_of(path) == step.switches);
        if (in_flight(program, step.state) == 0 && starts_in(path) == operations.size())
            keep_best(found, step.state, {path.size(), step.switches});
    })) {}
    CHECK(search.is_exhausted());
    Ways all;
    std::vector<Action> way;
    take_every_way(program, operations, program.start, 0, way, all);
    CHECK(all.size() > 1);
    // Somebody has to wait in some of them, so that not all come with one switch.
    CHECK(
        std::any_of(all.begin(), all.end(), [](const auto& one) { return one.second.second > 1; }));
    CHECK(found == all);
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
