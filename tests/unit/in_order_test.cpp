// Pieces of work on several threads: begun, concluded and failing in a fixed order.
#include "verify/run/in_order.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace cowcheck;

namespace {

std::vector<std::size_t> first(std::size_t count) {
    std::vector<std::size_t> numbers(count);
    for (std::size_t i = 0; i < count; ++i) numbers[i] = i;
    return numbers;
}

}  // namespace

TEST_CASE("each piece is worked on once, and concluded after its work, in order") {
    for (const unsigned threads : {1U, 2U, 5U}) {
        CAPTURE(threads);
        std::vector<std::atomic<int>> worked(200);
        std::vector<std::size_t> concluded;
        in_order(
            200, 7, threads, [&](std::size_t i) { ++worked[i]; },
            [&](std::size_t i) {
                CHECK(worked[i] == 1);
                concluded.push_back(i);
            });
        CHECK(concluded == first(200));
    }
}

TEST_CASE("a piece is not begun before the one that is a window earlier is concluded") {
    std::atomic<std::size_t> concluded{0};
    std::atomic<bool> too_early{false};
    in_order(
        300, 3, 4,
        [&](std::size_t i) {
            if (i >= concluded + 3) too_early = true;
            std::this_thread::yield();
        },
        [&](std::size_t) { ++concluded; });
    CHECK_FALSE(too_early);
}

TEST_CASE("several pieces are under way at a time") {
    std::atomic<unsigned> here{0};
    in_order(
        2, 2, 2,
        [&](std::size_t) {
            ++here;
            while (here < 2) std::this_thread::yield();  // each waits for the other
        },
        [](std::size_t) {});
    CHECK(here == 2);
}

TEST_CASE("of several failures, that of the first piece is reported, and what was done before it") {
    for (const unsigned threads : {1U, 4U}) {
        CAPTURE(threads);
        std::vector<std::size_t> concluded;
        const auto fail = [](std::size_t i) {
            if (i == 5 || i == 6) throw std::runtime_error(std::to_string(i));
        };
        CHECK_THROWS_WITH(
            in_order(50, 50, threads, fail, [&](std::size_t i) { concluded.push_back(i); }), "5");
        CHECK(concluded == first(5));
    }
}

TEST_CASE("no piece is begun after a conclusion has failed") {
    std::atomic<std::size_t> last{0};
    CHECK_THROWS_WITH(in_order(
                          1000, 2, 3, [&](std::size_t i) { last = std::max(last.load(), i); },
                          [](std::size_t i) {
                              if (i == 10) throw std::runtime_error("conclusion");
                          }),
                      "conclusion");
    CHECK(last <= 11);
}

TEST_CASE("nothing to do is done at once") {
    in_order(
        0, 1, 4, [](std::size_t) { FAIL("work"); }, [](std::size_t) { FAIL("conclusion"); });
}

TEST_CASE("threads are divided among pieces, and never more of them than there are") {
    const auto is = [](Shares shares, unsigned at_a_time, unsigned each) {
        return shares.at_a_time == at_a_time && shares.threads_each == each;
    };
    CHECK(is(shares_of(2, 6), 2, 1));
    CHECK(is(shares_of(2, 1), 1, 2));
    CHECK(is(shares_of(8, 3), 3, 2));
    CHECK(is(shares_of(1, 6), 1, 1));
    CHECK(is(shares_of(4, 0), 1, 4));
}
