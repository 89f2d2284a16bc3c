// The canonical form: what it must not depend on, and what it must not lose.
#include "tests/support/walks.h"
#include "tests/support/worlds.h"

#include "checker/system/canonical.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

const std::vector<std::string> worlds{
    "tiny",       "stale-tlb", "zeropage",      "remap", "default",  "migration-fork", "ksm-fork",
    "ksm-shared", thp_twins,   small_two_pages, twins,   wide_twins, busy_twins};
const std::vector<std::string> designs{"v5.7", "v5.9", "v6.2", "v6.7"};
const unsigned walks = slow_build ? 2 : 10;

// For every world, and designs with different locals: joined and not.
template <class Visit>
void each_program(Visit&& visit) {
    for (const std::string& world : worlds)
        for (const std::string& design : designs)
            for (const bool joined : {false, true}) {
                CAPTURE(world);
                CAPTURE(design);
                CAPTURE(joined);
                const Program program = compiled(design, world, joined);
                visit(program, Canonical(program));
            }
}

State normal(const Canonical& canonical, const State& from) {
    State state = from;
    canonical.normalize(state);
    return state;
}

// A renaming that the world permits, with frames shuffled as well.
Canonical::Renaming random_renaming(const Program& program, const Canonical& canonical,
                                    Random& random) {
    Canonical::Renaming renaming =
        canonical.renamings()[below(random, canonical.renamings().size())];
    std::shuffle(renaming.frames.begin(), renaming.frames.begin() + program.world.frames, random);
    return renaming;
}

// Without the ghosts of which the canonical form may forget some.
State without_ghosts(const Program& program, const State& from) {
    State state = from;
    for (unsigned f = 0; f < program.layout.size(Scope::page); ++f) {
        program.layout.set(state, Field::expected, f, 0);
        program.layout.set(state, Field::entitled, f, 0);
    }
    return state;
}

// The least of all renamings, tried one by one.
State least_renaming(const Program& program, const Canonical& canonical, const State& state) {
    State least = state;
    for (Canonical::Renaming renaming : canonical.renamings()) {
        auto& frames = renaming.frames;
        std::iota(frames.begin(), frames.end(), std::uint8_t{0});
        do {
            State other = state;
            canonical.rename(other, renaming);
            if (other.words < least.words) least = other;
        } while (std::next_permutation(frames.begin(), frames.begin() + program.world.frames));
    }
    return least;
}

// What can come of a state, up to names: violations with the states after them.
using Future = std::set<std::pair<std::uint32_t, decltype(State::words)>>;

Future future(const Program& program, const Canonical& canonical, const State& state) {
    Future all;
    for (const Successor& next : successors(program, state))
        all.insert({next.result.violated, normal(canonical, next.state).words});
    return all;
}

}  // namespace

TEST_CASE("names do not show in the canonical form") {
    Random random(1);
    each_program([&](const Program& program, const Canonical& canonical) {
        walk(program, random, walks, 60, [&](const State& state) {
            State other = state;
            canonical.rename(other, random_renaming(program, canonical, random));
            REQUIRE(normal(canonical, other) == normal(canonical, state));
        });
    });
}

TEST_CASE("the canonical form of a canonical form is itself") {
    Random random(2);
    each_program([&](const Program& program, const Canonical& canonical) {
        walk(program, random, walks, 60, [&](const State& state) {
            const State once = normal(canonical, state);
            REQUIRE(normal(canonical, once) == once);
        });
    });
}

TEST_CASE("the canonical form is a renaming of the state, apart from forgotten ghosts") {
    Random random(3);
    each_program([&](const Program& program, const Canonical& canonical) {
        walk(program, random, slow_build ? 1 : 2, 40, [&](const State& state) {
            const auto least = [&](const State& s) {
                return least_renaming(program, canonical, without_ghosts(program, s));
            };
            REQUIRE(least(normal(canonical, state)) == least(state));
        });
    });
}

TEST_CASE("states have the same canonical form only if one is a renaming of the other") {
    for (const std::string& world : {std::string("tiny"), twins})
        for (const std::string& design : designs) {
            CAPTURE(world);
            CAPTURE(design);
            const Program program = compiled(design, world);
            const Canonical canonical(program);
            std::map<decltype(State::words), State> renamed;  // canonical form to least renaming
            std::set<decltype(State::words)> known{program.start.words};
            std::vector<State> todo{program.start};
            const std::size_t limit = slow_build ? 200 : 2500;
            while (!todo.empty() && known.size() < limit) {
                const State state = todo.back();
                todo.pop_back();
                const State least =
                    least_renaming(program, canonical, without_ghosts(program, state));
                const auto [at, is_new] =
                    renamed.try_emplace(normal(canonical, state).words, least);
                REQUIRE(at->second == least);
                for (const Successor& next : successors(program, state))
                    if (known.insert(next.state.words).second) todo.push_back(next.state);
            }
            CHECK(renamed.size() < known.size());
        }
}

TEST_CASE("a state and its canonical form have the same future: no ghost is forgotten too early") {
    Random random(4);
    each_program([&](const Program& program, const Canonical& canonical) {
        walk(program, random, slow_build ? 1 : 4, 60, [&](const State& state) {
            const State other = normal(canonical, state);
            REQUIRE(future(program, canonical, other) == future(program, canonical, state));
            State a = state;
            State b = other;
            REQUIRE(Machine<>(program, a).check_state({}) == Machine<>(program, b).check_state({}));
        });
    });
}

TEST_CASE("on idle CPUs that are alike, an operation leads to the same canonical form") {
    std::size_t repeated = 0;
    each_program([&](const Program& program, const Canonical& canonical) {
        Random random(20261127);
        walk(program, random, walks, 40, [&](const State& state) {
            const unsigned cpus = canonical.repeated_cpus(state);
            const std::vector<Successor> all = successors(program, state);
            for (const Successor& next : all) {
                if (next.action.kind != Action::Kind::start ||
                    (cpus >> next.action.thread & 1U) == 0)
                    continue;
                Action before = next.action;
                --before.thread;
                const auto other = std::find_if(all.begin(), all.end(), [&](const Successor& one) {
                    return one.action == before;
                });
                REQUIRE(other != all.end());
                REQUIRE(other->result.violated == next.result.violated);
                REQUIRE(normal(canonical, other->state) == normal(canonical, next.state));
                ++repeated;
            }
        });
    });
    CHECK(repeated > 100);
}

TEST_CASE("processes are interchangeable only if they have the same CPUs and the same menu") {
    const auto swaps_processes = [](const std::string& world) {
        const Program program = compiled("v5.9", world);
        const Canonical canonical(program);
        return std::any_of(canonical.renamings().begin(), canonical.renamings().end(),
                           [](const auto& renaming) { return renaming.mms[0] != 0; });
    };
    CHECK(swaps_processes(twins));
    CHECK(swaps_processes(wide_twins));
    CHECK_FALSE(swaps_processes("tiny"));
    CHECK_FALSE(swaps_processes("default"));
}

TEST_CASE("the number of renamings is what threads, pins and processes permit") {
    const auto renamings = [](const std::string& world) {
        const Program program = compiled("v5.9", world);
        return Canonical(program).renamings().size();
    };
    CHECK(renamings("tiny") == 1);
    CHECK(renamings("stale-tlb") == 6);  // three CPUs of one process
    CHECK(renamings("default") == 4);    // two CPUs, two pins
    CHECK(renamings(twins) == 2);        // two processes
    CHECK(renamings(wide_twins) == 16);  // two processes, two CPUs of each, two pins
}
