// Ghosts that nobody asks for are not kept, and nobody can tell.
#include "model/compile/applicable.h"
#include "model/compile/join.h"
#include "tests/support/models.h"
#include "tests/support/walks.h"
#include "verify/run/check_run.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

const PropertySet& properties() { return builtin_library().properties(); }

unsigned number_of(const std::string& property) {
    for (unsigned i = 0; i < properties().properties.size(); ++i)
        if (properties().properties[i].name == property) return i;
    FAIL("no property " << property);
    return 0;
}

// Joined, and with nothing asked about some of the properties.
Program without(const std::string& design, const std::string& world, std::uint32_t decided) {
    Diagnostics out;
    const auto text = builtin_library().design(design, out);
    REQUIRE(text);
    auto program = compile(*text, properties(), without_absent(*text, world_of(world)), out,
                           {.decided = decided});
    REQUIRE(program);
    reduce_steps(*program);
    return *program;
}

std::uint32_t all_but(const std::vector<std::string>& kept) {
    std::uint32_t decided = (1U << properties().properties.size()) - 1U;
    for (const std::string& property : kept) decided &= ~(1U << number_of(property));
    return decided;
}

bool keeps(const Program& program, Field ghost) {
    return ((program.unread_ghosts >> static_cast<unsigned>(ghost)) & 1U) == 0;
}

// By property: operations of the shortest violation.
using Violated = std::map<std::string, unsigned>;

Violated check(const std::string& design, const std::string& world, unsigned depth,
               bool leaves_out) {
    Diagnostics out;
    const auto text = builtin_library().design(design, out);
    REQUIRE(text);
    RunOptions options;
    options.bounds.depth = depth;
    options.policy.leaves_out_decided = leaves_out;
    CheckRun run(*text, properties(), true, world_of(world), options);
    run.begin(1);
    const Stop stop;
    while (run.wants_more()) REQUIRE(run.deepen(stop) == StopReason::none);
    RunResult result;
    std::vector<std::size_t> fresh;
    run.conclude(result, fresh);
    Violated violated;
    for (std::size_t i = 0; i < result.properties.size(); ++i)
        if (const Violation* violation = run.violation_of(i)) {
            violated[result.properties[i].property] = violation->operations;
            // It can be told, whichever exploration it is from.
            CHECK_FALSE(run.schedule(*violation).actions.empty());
        }
    return violated;
}

State without_unread(const Program& program, const State& from) {
    State state = from;
    for (std::size_t i = 0; i < field_table.size(); ++i)
        if (const auto field = static_cast<Field>(i);
            !keeps(program, field) && program.layout.has(field))
            for (unsigned e = 0; e < program.layout.size(info(field).scope); ++e)
                program.layout.set(state, field, e, 0);
    return state;
}

// What may come next. Where no flag of a pin is read, a device may do something or not: nobody
// can tell.
std::vector<Successor> noticed(const Program& program, const State& state) {
    std::vector<Successor> all = successors(program, state);
    if (keeps(program, Field::pin_write)) return all;
    std::erase_if(all, [&](const Successor& next) {
        const OperationKind kind = program.operations[next.action.operation].item.kind;
        if (next.action.kind != Action::Kind::device || kind == OperationKind::unpin) return false;
        REQUIRE(next.result.violated == 0);
        REQUIRE(without_unread(program, next.state) == without_unread(program, state));
        return true;
    });
    return all;
}

// Whether the same can happen in both, with the same verdicts, and leads to what differs in
// unread ghosts only.
void compare(const Program& program, const State& state, const State& other) {
    State one = state;
    State two = other;
    REQUIRE(Machine<>(program, one).check_state({}) == Machine<>(program, two).check_state({}));
    const std::vector<Successor> ones = noticed(program, state);
    const std::vector<Successor> others = noticed(program, other);
    REQUIRE(ones.size() == others.size());
    for (std::size_t i = 0; i < ones.size(); ++i) {
        Action action = others[i].action;
        if (action.kind == Action::Kind::device && !keeps(program, Field::pin_write))
            action.operation = ones[i].action.operation;  // unpin() of a pin with other flags
        REQUIRE(ones[i].action == action);
        REQUIRE(ones[i].result.violated == others[i].result.violated);
        REQUIRE(ones[i].result.steps == others[i].result.steps);
        REQUIRE(without_unread(program, ones[i].state) == without_unread(program, others[i].state));
    }
}

const std::vector<std::string> worlds =
    slow_build
        ? std::vector<std::string>{"tiny", "swap-fork"}
        : std::vector<std::string>{"tiny",  "vmsplice",  "soft-dirty", "stale-tlb", "zeropage",
                                   "remap", "uffd-race", "ksm",        "hugetlb",   "swap-fork"};

}  // namespace

TEST_CASE("what a property reads is kept, what only others read is not") {
    const auto program = [](const std::string& property) {
        return without("v5.9", "default", all_but({property}));
    };
    const Program foreign = program("no_foreign_data");
    CHECK(keeps(foreign, Field::entitled));
    CHECK(keeps(foreign, Field::zeroed));
    CHECK(keeps(foreign, Field::expected));  // a child may see what its parent expects
    CHECK_FALSE(keeps(foreign, Field::expects_zero));
    const Program coherent = program("memory_is_coherent");
    CHECK_FALSE(keeps(coherent, Field::entitled));
    CHECK(keeps(coherent, Field::zeroed));
    CHECK(keeps(coherent, Field::expected));
    CHECK(keeps(coherent, Field::expects_zero));
    CHECK(keeps(program("soft_dirty_no_missed_write"), Field::soft_dirty_armed));
    CHECK_FALSE(keeps(coherent, Field::soft_dirty_armed));
    CHECK(keeps(program("uffd_wp_no_missed_write"), Field::wp_armed));
    CHECK_FALSE(keeps(coherent, Field::wp_armed));
    CHECK(keeps(program("no_needless_copy"), Field::fault_shared));
    CHECK_FALSE(keeps(coherent, Field::fault_shared));
}

TEST_CASE("ksmd goes by what pages hold, whoever asks") {
    const Program program = without("v5.9", "ksm", all_but({"no_deadlock"}));
    CHECK(keeps(program, Field::expected));
    CHECK(keeps(program, Field::entitled));
    CHECK(keeps(program, Field::zeroed));
}

TEST_CASE("once nobody asks what pages hold, a device only gives pins back, whatever their flags") {
    const Program faults = without("v5.9", "default", all_but({"uffd_wp_no_missed_write"}));
    for (const Field known : {Field::pin_write, Field::pin_longterm, Field::pin_attached,
                              Field::pin_crossed, Field::pin_owned, Field::pin_mm, Field::pin_va})
        CHECK_FALSE(keeps(faults, known));
    CHECK(keeps(faults, Field::pin_foll_pin));  // unpin() gives back 1024 references, or one
    const Program holds = without("v5.9", "default", all_but({"memory_is_coherent"}));
    CHECK(keeps(holds, Field::pin_write));
    const Program promises = without("v5.9", "default", all_but({"rw_pin_matches_mapping"}));
    CHECK(keeps(promises, Field::pin_write));
    CHECK(keeps(promises, Field::pin_attached));
    CHECK(keeps(promises, Field::pin_mm));
    const Program copies = without("v5.9", "default", all_but({"no_needless_copy"}));
    CHECK_FALSE(keeps(copies, Field::pin_write));
    CHECK(keeps(copies, Field::pin_owned));  // another process's pin is a reason to copy
    CHECK(keeps(copies, Field::pin_mm));
    // fork ends what FOLL_GET for writing promises.
    CHECK(keeps(without("v5.9", "direct-io", all_but({"no_deadlock"})), Field::pin_write));
    // DMA makes a page dirty, and reclaim goes by that.
    CHECK(keeps(without("v5.9", "secondary-swap", all_but({"no_deadlock"})), Field::pin_write));
}

TEST_CASE("where everything is asked, no ghost of a page is left out") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        const Program program = without(design, "default", 0);
        for (const Field ghost :
             {Field::expected, Field::entitled, Field::zeroed, Field::expects_zero,
              Field::soft_dirty_armed, Field::wp_armed, Field::fault_shared})
            CHECK(keeps(program, ghost));
    }
}

TEST_CASE(
    "whatever an unread ghost says, nothing that happens differs, in any world for any property") {
    Random random(20261126);
    const std::vector<std::string> designs = builtin_library().design_names();
    for (const std::string& world : builtin_library().world_names())
        for (const auto& property : properties().properties) {
            if (slow_build && below(random, 8) != 0) continue;
            const std::string& design = designs[below(random, designs.size())];
            CAPTURE(world);
            CAPTURE(design);
            CAPTURE(property.name);
            const Program program = without(design, world, all_but({property.name}));
            walk(program, random, slow_build ? 1 : 6, 40, [&](const State& state) {
                compare(program, state, without_unread(program, state));
            });
        }
}

TEST_CASE("each property alone is violated as soon as among all others") {
    const unsigned depth = slow_build ? 3 : 4;
    for (const std::string& design : all_designs)
        for (const std::string& world : worlds) {
            CAPTURE(design);
            CAPTURE(world);
            const Verdicts all = explore(without(design, world, 0), depth);
            for (const auto& property : properties().properties) {
                CAPTURE(property.name);
                const Verdicts alone =
                    explore(without(design, world, all_but({property.name})), depth);
                CHECK(alone.operations(property.name) == all.operations(property.name));
                CHECK(alone.states <= all.states);
            }
        }
}

TEST_CASE("a run that leaves out what is decided finds the same as one that does not") {
    for (const std::string& design : all_designs)
        for (const std::string& world : worlds) {
            CAPTURE(design);
            CAPTURE(world);
            const unsigned depth = slow_build ? 4 : 5;
            CHECK(check(design, world, depth, true) == check(design, world, depth, false));
        }
}

TEST_CASE("once v5.9 has lost a soft-dirty bit and shown foreign data, fewer states are left") {
    Diagnostics out;
    const auto text = builtin_library().design("v5.9", out);
    REQUIRE(text);
    RunOptions options;
    options.bounds.depth = slow_build ? 4 : 5;
    Usage usage;
    {
        CheckRun run(*text, properties(), true, world_of("default"), options, &usage);
        run.begin(1);
        const Stop stop;
        while (run.wants_more()) REQUIRE(run.deepen(stop) == StopReason::none);
        std::uint64_t sum = 0;
        for (const std::uint64_t level : run.level_states()) sum += level;
        CHECK(sum == run.states());
        const Verdicts all = explore(without("v5.9", "default", 0), options.bounds.depth);
        CHECK(run.states() < all.states);
        CHECK(usage.states == run.states());  // those that were explored again count once
        CHECK(usage.bytes > 0);
    }
    CHECK(usage.bytes == 0);
}
