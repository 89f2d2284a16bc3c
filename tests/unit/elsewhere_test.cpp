// What is looked up instead of being done again goes by a thread, the pages and the processes
// alone, if the machine says so (StepResult::elsewhere): what other threads are at makes no
// difference.
#include "model/machine/actions.h"
#include "tests/support/models.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

using Words = std::vector<std::uint16_t>;

Words without_threads(const Program& program, const State& state) {
    return {state.words.begin(), state.words.begin() + program.layout.thread_words};
}

Words of_thread(const Program& program, const State& state, unsigned thread) {
    const auto begin = state.words.begin() + program.layout.element(Scope::thread, thread);
    return {begin, begin + program.layout.stride[static_cast<std::size_t>(Scope::thread)]};
}

void append(Words& words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
}

// What was done before in the same circumstances, and came out so.
struct Known {
    std::map<Words, Words> outcomes;
    std::uint64_t again = 0;  // with other threads at something else, or not
    std::uint64_t differ = 0;

    void see(const Words& circumstances, const Words& outcome) {
        const auto [place, fresh] = outcomes.try_emplace(circumstances, outcome);
        again += !fresh;
        differ += place->second != outcome;
    }
};

struct Looks {
    Known checks;
    Known actions;
    std::uint64_t elsewhere = 0;
};

void look_at_check(const Program& program, State state, Looks& looks) {
    Words circumstances = without_threads(program, state);
    circumstances.push_back(program.layout.work(state).processes);
    const StepResult result = Machine<ElsewhereObserver>(program, state).check({});
    if (result.elsewhere) return void(++looks.elsewhere);
    looks.checks.see(circumstances, {static_cast<std::uint16_t>(result.violated),
                                     static_cast<std::uint16_t>(result.violated >> 16U)});
}

// Does the action, and says what it leads to.
State look_at(const Program& program, const State& state, const Action& action, bool full,
              Looks& looks, bool& blocked) {
    State next = state;
    const StepResult result = perform(program, next, action, ElsewhereObserver{});
    blocked = result.blocked != Blocked::no;
    if (result.elsewhere) {
        ++looks.elsewhere;
        return next;
    }
    Words circumstances = without_threads(program, state);
    const auto mark = [&](unsigned value) {
        circumstances.push_back(static_cast<std::uint16_t>(value));
    };
    for (const unsigned part : {static_cast<unsigned>(action.kind), unsigned{action.thread},
                                unsigned{action.mm}, unsigned{action.va}, unsigned{action.pin},
                                unsigned{action.operation}, static_cast<unsigned>(full)})
        mark(part);
    Words outcome{static_cast<std::uint16_t>(result.blocked),
                  static_cast<std::uint16_t>(result.violated),
                  static_cast<std::uint16_t>(result.violated >> 16U)};
    if (action.kind != Action::Kind::device)
        append(circumstances, of_thread(program, state, action.thread));
    if (!blocked) {
        append(outcome, without_threads(program, next));
        for (unsigned t = 0; t < program.layout.size(Scope::thread); ++t) {
            if (action.kind != Action::Kind::device && t == action.thread)
                append(outcome, of_thread(program, next, t));
            else
                looks.actions.differ += of_thread(program, next, t) != of_thread(program, state, t);
        }
    }
    looks.actions.see(circumstances, outcome);
    return next;
}

// Up to so many states, breadth first, with two operations under way.
Looks look(const Program& program, std::size_t states) {
    Looks looks;
    std::vector<State> queue{program.start};
    std::set<std::array<std::uint16_t, State::max_words>> seen{program.start.words};
    for (std::size_t i = 0; i < queue.size(); ++i) {
        const State state = queue[i];
        look_at_check(program, state, looks);
        const bool full = in_flight(program, state) >= 2;
        const auto visit = [&](const Action& action) {
            bool blocked = false;
            const State next = look_at(program, state, action, full, looks, blocked);
            if (!blocked && in_flight(program, next) <= 2 && queue.size() < states &&
                seen.insert(next.words).second)
                queue.push_back(next);
        };
        for_each_step(program, state, visit);
        for_each_start(program, state, full, visit);
    }
    return looks;
}

}  // namespace

TEST_CASE(
    "what other threads are at makes no difference where the machine says that it did not look") {
    Library& library = builtin_library();
    const std::size_t states = slow_build ? 2'000 : 10'000;
    std::uint64_t elsewhere = 0;
    for (const std::string& world : library.world_names())
        for (const std::string design : {"v5.7", "v6.2"}) {
            const Program program = compiled(design, world);
            if (program.world.has_outside()) continue;
            CAPTURE(world);
            CAPTURE(design);
            const Looks looks = look(program, states);
            CHECK(looks.checks.differ == 0);
            CHECK(looks.actions.differ == 0);
            elsewhere += looks.elsewhere;
            if (world == "default") {
                CHECK(looks.checks.again > states / 4);
                CHECK(looks.actions.again > states / 4);
            }
        }
    CHECK(elsewhere > 0);
}

TEST_CASE("no text names a field of a thread, so that the machine sees whoever looks at one") {
    Library& library = builtin_library();
    for (const std::string& world : library.world_names())
        for (const std::string& design : all_designs)
            for (const Instruction& i : compiled(design, world).code)
                if (i.code == Code::load || i.code == Code::store || i.code == Code::add_field ||
                    i.code == Code::sub_field)
                    REQUIRE(info(static_cast<Field>(i.c)).scope != Scope::thread);
}

TEST_CASE("which operations may start goes by who runs and what they work on") {
    const Program program = compiled("v6.2", "default");
    std::map<Words, std::vector<Action>> known;
    std::uint64_t again = 0;
    std::vector<State> queue{program.start};
    std::set<std::array<std::uint16_t, State::max_words>> seen{program.start.words};
    for (std::size_t i = 0; i < queue.size() && i < 10'000; ++i) {
        const State state = queue[i];
        const Layout::Work work = program.layout.work(state);
        Words circumstances = without_threads(program, state);
        append(circumstances, {work.threads, work.processes});
        std::vector<Action> actions;
        const bool full = in_flight(program, state) >= 2;
        for_each_start(program, state, full, [&](const Action& a) { actions.push_back(a); });
        const auto [place, fresh] = known.try_emplace(circumstances, actions);
        again += !fresh;
        REQUIRE(place->second == actions);
        const auto visit = [&](const Action& action) {
            State next = state;
            if (perform(program, next, action).blocked == Blocked::no &&
                in_flight(program, next) <= 2 && seen.insert(next.words).second)
                queue.push_back(next);
        };
        for_each_step(program, state, visit);
        for_each_start(program, state, full, visit);
    }
    CHECK(again > 1000);
}
