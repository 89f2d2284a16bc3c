// An exploration that trusts a design to count its references right, and finds out where it
// does not: nobody can tell.
#include "model/compile/same_program.h"
#include "model/machine/expand.h"
#include "tests/support/models.h"
#include "traces/retell.h"
#include "verify/run/check_run.h"
#include "verify/run/selection.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <span>
#include <string>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

Program trusting(const std::string& design, const std::string& world) {
    Diagnostics out;
    const auto text = builtin_library().design(design, out);
    REQUIRE(text);
    auto program = compile(*text, builtin_library().properties(), world_of(world), out,
                           {.trust_counts = true});
    REQUIRE(program);
    return std::move(*program);
}

// In a handler; properties come behind them.
bool asks_for_kind(const Program& program) {
    std::size_t end = program.always.entry;
    for (const CheckCode& check : program.on_event)
        end = std::min<std::size_t>(end, std::min(check.entry, check.quick));
    const auto handlers = std::span(program.code).first(end);
    return std::any_of(handlers.begin(), handlers.end(),
                       [](const Instruction& i) { return i.code == Code::is_anon; });
}

const std::string world = R"(
world room
title "two threads of a process, and the child that it forks"
pages  1
frames 4
pins   1
munmap leaves nothing
process parent {
    cpus 2
    maps va 0 anonymous written
    may write, fork, munmap, gup_fast(read, get)
}
process child {
    starts free
    cpus 1
    may read
}
procfs { may clear_refs }
)";

CheckRun run_of(const std::string& text, bool trusts) {
    Diagnostics out;
    auto design = try_parse(text, out);
    REQUIRE_MESSAGE(design, to_text(out));
    RunOptions options;
    options.bounds.depth = 4;
    options.policy.trusts_counts = trusts;
    return CheckRun(std::move(*design), builtin_library().properties(), true, world_of(world),
                    options);
}

std::map<std::string, unsigned> explored(CheckRun& run) {
    const Stop stop;
    while (run.wants_more()) REQUIRE(run.deepen(stop) == StopReason::none);
    RunResult result;
    std::vector<std::size_t> fresh;
    run.conclude(result, fresh);
    std::map<std::string, unsigned> violated;
    for (std::size_t i = 0; i < result.properties.size(); ++i)
        if (const Violation* violation = run.violation_of(i)) {
            violated[result.properties[i].property] = violation->operations;
            CHECK_FALSE(run.schedule(*violation).actions.empty());
        }
    return violated;
}

// Frees a page that is still mapped; the next fault asks whether it is anonymous.
std::string frees_mapped_page(const std::string& asked) {
    return R"(
design trial extends v6.2
handler do_wp_page(va, unshare) {
    orig = pte
    page = orig.page
    assert )" +
           asked + R"( "a mapped page has a kind"
    put page
    put page
    pte = pte with { writable, dirty, soft_dirty }
    unlock ptl
}
)";
}

// munmap() drops GUP-fast's reference, too.
const std::string frees_page_of_gup = R"(
design trial extends v6.2
operation gup_fast(va, flags) {
    irqs off
    seen = pte
    if not seen.present { irqs on; fail }
    page = seen.page
    if not try get page { irqs on; fail }
    if ptep != seen { put page; irqs on; fail }
    assert page.anon "a page that I hold has a kind"
    irqs on
    return page
}
operation munmap(va) {
    lock mmap_lock for writing
    if not vma.mapped { unlock mmap_lock; return }
    lock ptl
    if pte.present {
        page = pte.page
        pte = none
        page.mapcount -= 1
        put page
        put page
    }
    unlock ptl
    flush tlb va
    detach vma(va)
    unlock mmap_lock
}
)";

// GUP-fast does not ask whether somebody still has the page.
const std::string gets_free_page = R"(
design trial extends v6.2
operation gup_fast(va, flags) {
    seen = pte
    if not seen.present { fail }
    page = seen.page
    get page
    if not try get page { fail }
    assert page.anon "a page that I hold has a kind"
    put page
    return page
}
)";

}  // namespace

TEST_CASE(
    "a handler that holds ptl, or a reference, need not ask whether all memory is anonymous") {
    const Program program = trusting("v6.2", "default");
    CHECK(program.trusts_counts);
    CHECK_FALSE(asks_for_kind(program));
    CHECK(asks_for_kind(compiled("v6.2", "default")));
}

TEST_CASE("v5.19, v6.1 and v6.2 differ in what they do to memory that is not anonymous") {
    CHECK(is_same_program(trusting("v5.19", "default"), trusting("v6.2", "default")));
    CHECK(is_same_program(trusting("v6.1", "default"), trusting("v6.2", "default")));
    CHECK_FALSE(is_same_program(trusting("v5.19", "zeropage"), trusting("v6.2", "zeropage")));
}

TEST_CASE("where memory is not all anonymous, everybody asks") {
    for (const std::string name : {"zeropage", "memfd", "thp-pin"})
        CHECK_FALSE(trusting("v6.2", name).trusts_counts);
}

TEST_CASE("trust in counts changes no verdict, not even where it is misplaced") {
    for (const std::string& text :
         {frees_mapped_page("page.anon"), frees_page_of_gup, gets_free_page}) {
        INFO(text);
        CheckRun plain = run_of(text, false);
        plain.begin(1);
        const auto expected = explored(plain);
        CHECK(expected.contains(std::string(assertions_name)));
        CHECK_FALSE(plain.stands_alone());
        for (const unsigned threads : {1U, 2U}) {
            CheckRun run = run_of(text, true);
            run.begin(threads);
            CHECK(explored(run) == expected);
            CHECK(run.stands_alone());
        }
    }
}

TEST_CASE("designs that share an exploration part where it turns out to be misled") {
    CheckRun asks = run_of(frees_mapped_page("page.anon"), true);
    CheckRun knows = run_of(frees_mapped_page("page.anon or page.free"), true);
    REQUIRE(knows.share(asks));
    asks.begin(1);
    const auto asked = explored(asks);
    CHECK(asked.contains(std::string(assertions_name)));
    CHECK_FALSE(knows.shares(asks));
    REQUIRE(knows.wants_more());
    const auto known = explored(knows);
    CHECK_FALSE(known.contains(std::string(assertions_name)));
    CHECK(known.at("refcount_is_sound") == asked.at("refcount_is_sound"));
}

TEST_CASE("a schedule found without asking is possible where everything is asked") {
    unsigned longer = 0;
    for (const std::string design : {"v5.7", "v5.9", "v5.19", "v6.12"})
        for (const std::string name : {"default", "tiny", "vmsplice", "fork-and-pin"}) {
            CAPTURE(design);
            CAPTURE(name);
            const Program whole = compiled(design, name);
            const Program decided = trusting(design, name);
            Program reduced = decided;
            reduce_steps(reduced);
            Explorer explorer(reduced, {});
            const Stop stop;
            while (explorer.depth() < 4 && !explorer.exhausted())
                REQUIRE(explorer.deepen(stop) == StopReason::none);
            for (const Violation& violation : explorer.violations()) {
                const std::vector<Action> found = explorer.trace(violation);
                const std::vector<Action> told = retell(whole, decided, found);
                longer += told.size() > found.size();
                State state = whole.start;
                std::uint32_t violated = 0;
                for (const Action& action : told) {
                    const StepResult result = perform(whole, state, action);
                    REQUIRE(result.blocked == Blocked::no);
                    violated |= result.violated;
                    State copy = state;
                    violated |= Machine<>(whole, copy).check_state(how_stuck(whole, state));
                }
                CHECK((violated >> violation.property & 1U) == 1U);
            }
        }
    CHECK(longer > 0);
}
