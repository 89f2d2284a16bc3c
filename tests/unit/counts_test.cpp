// Counts of states are oracles: tests/data/counts.txt. After a change that is meant
// to alter them:
//
//     COWCHECK_UPDATE_COUNTS=1 ctest --preset release -R unit.counts_test
#include "model/compile/applicable.h"
#include "tests/support/models.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

const std::string path = std::string(COWCHECK_SOURCE_DIR) + "/tests/data/counts.txt";

struct Row {
    std::string design, world, concurrency, symmetry, reduction;
    unsigned depth = 0;
    std::uint64_t states = 0;
    std::uint64_t transitions = 0;
};

Verdicts count(const Row& row) {
    ExploreOptions options;
    options.concurrency =
        row.concurrency == "all" ? 0 : static_cast<unsigned>(std::stoul(row.concurrency));
    options.symmetry = row.symmetry == "symmetry";
    return explore(compiled(row.design, row.world, row.reduction == "joined"), row.depth, options);
}

bool parse(const std::string& line, Row& row) {
    std::istringstream in(line);
    return line.front() != '#' && (in >> row.design >> row.world >> row.depth >> row.concurrency >>
                                   row.symmetry >> row.reduction >> row.states >> row.transitions);
}

std::string to_line(const Row& row) {
    std::ostringstream out;
    const auto column = [&](const auto& value, int width) {
        out.width(width);
        out << std::left << value << ' ';
    };
    column(row.design, 5);
    column(row.world, 9);
    column(row.depth, 2);
    column(row.concurrency, 3);
    column(row.symmetry, 8);
    column(row.reduction, 6);
    out << std::right;
    out.width(8);
    out << row.states << ' ';
    out.width(8);
    out << row.transitions;
    return out.str();
}

}  // namespace

TEST_CASE("the numbers of states and transitions are those of the table") {
    std::ifstream in(path);
    REQUIRE(in);
    const bool update = std::getenv("COWCHECK_UPDATE_COUNTS") != nullptr;
    std::string updated;
    unsigned rows = 0;
    for (std::string line; std::getline(in, line);) {
        Row row;
        if (line.empty() || !parse(line, row)) {
            updated += line + "\n";
            continue;
        }
        ++rows;
        if (!update && slow_build && row.states > 3000) continue;
        Diagnostics out;
        CAPTURE(line);
        REQUIRE(not_applicable(*builtin_library().design(row.design, out), world_of(row.world))
                    .empty());
        const Verdicts now = count(row);
        if (!update) {
            CHECK(now.states == row.states);
            CHECK(now.transitions == row.transitions);
        }
        row.states = now.states;
        row.transitions = now.transitions;
        updated += to_line(row) + "\n";
    }
    CHECK(rows >= all_designs.size() * 8);
    if (update) {
        std::ofstream out(path);
        out << updated;
        REQUIRE(out.flush());
    }
}

TEST_CASE("any number of worker threads finds the same states, violations and traces") {
    const unsigned depth = slow_build ? 2 : 3;
    for (const char* design : {"v5.8", "v5.9"}) {
        CAPTURE(design);
        const Program program = compiled(design, "default", true);
        Explorer one(program, {.threads = 1});
        const Stop stop;
        while (one.depth() < static_cast<int>(depth)) (void)one.deepen(stop);
        REQUIRE(!one.violations().empty());
        for (const unsigned threads : {2U, 3U}) {
            CAPTURE(threads);
            Explorer many(program, {.threads = threads});
            while (many.depth() < static_cast<int>(depth)) (void)many.deepen(stop);
            CHECK(many.states() == one.states());
            CHECK(many.transitions() == one.transitions());
            REQUIRE(many.violations().size() == one.violations().size());
            for (std::size_t i = 0; i < one.violations().size(); ++i) {
                const Violation& a = one.violations()[i];
                const Violation& b = many.violations()[i];
                CHECK(a.property == b.property);
                CHECK(a.operations == b.operations);
                CHECK(a.transitions == b.transitions);
                CHECK(a.state.words == b.state.words);
                CHECK(a.action == b.action);
                CHECK(one.trace(a) == many.trace(b));
            }
        }
    }
}

TEST_CASE("tiny is explored completely, at every depth") {
    for (const std::string& design : all_designs)
        for (const bool joined : {false, true}) {
            CAPTURE(design);
            const Verdicts verdicts = explore(compiled(design, "tiny", joined), 100);
            CHECK(verdicts.exhausted);
            CHECK(verdicts.depth < 20);
        }
}
