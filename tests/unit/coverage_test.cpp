// What an exploration has run of a design's text.
#include "checker/measure/coverage.h"
#include "model/compile/join.h"
#include "tests/support/models.h"
#include "tests/support/worlds.h"

#include <doctest/doctest.h>

#include <set>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

// "v5.9.cow:26 true", and the same for clauses that asked for something.
std::set<std::string> covered(Program program, bool joined, unsigned depth, bool symmetry = true) {
    if (joined) join_steps(program);
    Explorer explorer(program, {.concurrency = 2, .threads = 2, .symmetry = symmetry});
    const Stop stop;
    while (explorer.depth() < static_cast<int>(depth) && !explorer.exhausted())
        REQUIRE(explorer.deepen(stop) == StopReason::none);
    const ProgramCoverage coverage = measure_coverage(explorer);
    std::set<std::string> found;
    const auto place = [](const SourceSpan& span) {
        return span.file->name + ":" + std::to_string(span.line) + ":" +
               std::to_string(span.column);
    };
    for (std::size_t i = 0; i < program.statements.size(); ++i)
        if (coverage.statements[i] > 0) found.insert(place(program.statements[i].span));
    for (std::size_t i = 0; i < program.guards.size(); ++i) {
        if (coverage.guards[i].when_true > 0) found.insert(place(program.guards[i].span) + " true");
        if (coverage.guards[i].when_false > 0)
            found.insert(place(program.guards[i].span) + " false");
    }
    for (std::size_t i = 0; i < program.clauses.size(); ++i)
        if (coverage.clauses[i] > 0) found.insert(place(program.clauses[i].span) + " asks");
    return found;
}

}  // namespace

TEST_CASE("joining steps leaves out interleavings, not steps, ways of guards or clauses") {
    for (const std::string& design : all_designs)
        for (const std::string& world :
             {std::string("tiny"), std::string("soft-dirty"), std::string("stale-tlb"),
              std::string("zeropage-fork"), std::string("arm64"), twins, small_two_pages}) {
            CAPTURE(design);
            CAPTURE(world);
            const Program program = compiled(design, world);
            const unsigned depth = slow_build ? 3 : 4;
            const auto plain = covered(program, false, depth);
            CHECK(plain.size() > 20);
            CHECK(covered(program, true, depth) == plain);
            CHECK(covered(program, true, depth, false) == plain);
        }
}

TEST_CASE("a step that has to wait is not covered by waiting") {
    // One frame, and it is taken: no copy is ever made, however often a store tries.
    const Program program = compiled("v5.9", R"(
world one-frame
title "nothing to copy into"
pages  1
frames 1
pins   0
munmap leaves nothing
process parent {
    cpus 1
    maps va 0 anonymous written
    may write, fork
}
process child {
    starts free
    cpus 1
    may read
}
)");
    const auto found = covered(program, true, 4);
    unsigned copies = 0;
    for (const StatementCode& statement : program.statements) {
        const std::string& text = statement.span.file->text;
        std::size_t at = 0;
        for (unsigned line = 1; line < statement.span.line; ++line) at = text.find('\n', at) + 1;
        if (text.compare(at + statement.span.column - 1, 18, "new = copy of page") != 0) continue;
        ++copies;
        CHECK(!found.contains(statement.span.file->name + ":" +
                              std::to_string(statement.span.line) + ":" +
                              std::to_string(statement.span.column)));
    }
    CHECK(copies > 0);
}
