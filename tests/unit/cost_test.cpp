// What one operation costs when nobody else runs.
#include "checker/measure/cost.h"
#include "tests/support/models.h"

#include <doctest/doctest.h>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

const Doing forking{"cpu0", "fork"};
const Doing store{"cpu0", "write"};
const Doing clear_refs{"procfs", "clear_refs"};
const Doing pin{"cpu0", "gup_fast(read, pin, longterm)"};

PathCost cost(const std::string& design, const std::vector<Doing>& setup, const Doing& measured) {
    const auto found = measure_cost(compiled(design, "default"), setup, measured);
    REQUIRE(found);
    return *found;
}

}  // namespace

TEST_CASE("a store to a page that a child shares copies it once and flushes once") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        const PathCost shared = cost(design, {forking}, store);
        CHECK(shared.copies == 1);
        CHECK(shared.flushes == 1);
        CHECK(shared.needless == 0);
        CHECK(shared.locks >= 2);
        CHECK(!shared.waits);
    }
}

TEST_CASE("v5.9 copies for the sake of one's own pin, v5.8 and v5.19 do not") {
    CHECK(cost("v5.9", {pin, clear_refs}, store).needless == 1);
    CHECK(cost("v5.8", {pin, clear_refs}, store).copies == 0);
    CHECK(cost("v5.19", {pin, clear_refs}, store).copies == 0);
}

TEST_CASE("from v5.9 on, fork copies a pinned page at once") {
    CHECK(cost("v5.8", {pin}, forking).copies == 0);
    CHECK(cost("v5.9", {pin}, forking).copies == 1);
    CHECK(cost("v5.9", {}, forking).copies == 0);
}

TEST_CASE("GUP-fast takes no lock and one reference where it hits") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        const PathCost hit = cost(design, {}, {"cpu0", "gup_fast(read, get)"});
        CHECK(hit.locks == 0);
        CHECK(hit.counts == 1);
        CHECK(hit.flushes == 0);
    }
}

TEST_CASE("what cannot start, or never ends, has no cost") {
    const Program program = compiled("v5.9", "default");
    CHECK(!measure_cost(program, {}, {"cpu2", "write"}));  // the child does not live yet
    CHECK(!measure_cost(program, {}, {"device", "unpin"}));
    CHECK(!measure_cost(program, {{"cpu0", "no_such_operation"}}, store));
}

TEST_CASE("a store under userfaultfd waits for the monitor, and is counted up to there") {
    const PathCost waiting = cost("v5.9", {{"monitor", "uffd_wp_protect"}}, store);
    CHECK(waiting.waits);
    CHECK(waiting.copies == 0);
}
