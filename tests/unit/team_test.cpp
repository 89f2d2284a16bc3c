// Threads that are called, and lent while they have nothing to do.
#include "checker/explore/team.h"

#include "checker/explore/explorer.h"
#include "tests/support/models.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <vector>

using namespace cowcheck;
using namespace cowcheck::test;

TEST_CASE("each part runs once, and run() returns when all have") {
    Team team(4);
    REQUIRE(team.size() <= 4);
    std::vector<unsigned> calls(team.size());
    for (unsigned round = 0; round < 2000; ++round) {
        const unsigned threads = round % team.size() + 1;
        team.run(threads, [&](unsigned part) { ++calls[part]; });
    }
    // Part 0 always, the last one each time that all are called.
    CHECK(calls.front() == 2000);
    CHECK(calls.back() == 2000 / team.size());
}

TEST_CASE("whoever is idle may be used, and goes back when he is wanted") {
    SpareThreads spare(1);
    CHECK(spare.adjust(0, 3) == 1);
    CHECK(spare.adjust(1, 3) == 1);
    spare.lend();
    spare.lend();
    CHECK(spare.adjust(1, 2) == 2);  // no more than wanted
    CHECK(spare.adjust(2, 3) == 3);
    spare.take_back();
    spare.take_back();
    CHECK(spare.adjust(3, 3) == 1);
    CHECK(spare.adjust(1, 3) == 1);
}

namespace {

struct Found {
    std::uint64_t states = 0;
    std::uint64_t transitions = 0;
    std::vector<std::vector<Action>> traces;
    bool operator==(const Found&) const = default;
};

Found explore_with(const Program& program, unsigned threads, SpareThreads* spare) {
    ExploreOptions options;
    options.threads = threads;
    options.spare = spare;
    Explorer explorer(program, options);
    const Stop stop;
    for (unsigned level = 0; level < (slow_build ? 4U : 5U); ++level) {
        // One goes and comes between the levels, and another one meanwhile.
        if (spare != nullptr && level % 2 == 0) spare->lend();
        if (spare != nullptr && level % 2 == 1) spare->take_back();
        REQUIRE(explorer.deepen(stop) == StopReason::none);
    }
    Found found{explorer.states(), explorer.transitions(), {}};
    for (const Violation& violation : explorer.violations())
        found.traces.push_back(explorer.trace(violation));
    return found;
}

}  // namespace

TEST_CASE("an exploration finds the same with threads of its own, with lent ones, and with none") {
    for (const std::string design : {"v5.9", "v6.2"}) {
        CAPTURE(design);
        const Program program = compiled(design, "default", true);
        const Found alone = explore_with(program, 1, nullptr);
        for (const unsigned threads : {2U, 3U, 4U, 7U}) {
            CAPTURE(threads);
            CHECK(explore_with(program, threads, nullptr) == alone);
            SpareThreads none;
            CHECK(explore_with(program, threads, &none) == alone);
            SpareThreads two(2);
            CHECK(explore_with(program, threads, &two) == alone);
        }
    }
}
