// Reduction and symmetry against the plain system, over random small worlds and
// random changes of the designs. A longer run: see CONTRIBUTING.md.
#include "checker/system/canonical.h"
#include "model/compile/flow.h"
#include "model/machine/actions.h"
#include "tests/support/models.h"
#include "tests/support/mutations.h"
#include "tests/support/random_worlds.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

struct Bounds {
    unsigned depth = 6;
    unsigned concurrency = 2;
    std::uint64_t states = slow_build ? 2'000 : 20'000;  // of the plain system
};

// The greatest depth up to which the plain system has few enough states; its verdicts.
std::optional<Verdicts> explore_plainly(const Program& program, const Bounds& bounds) {
    Explorer explorer(program, {.concurrency = bounds.concurrency, .symmetry = false});
    Stop stop;
    stop.max_states = bounds.states;
    while (explorer.depth() < static_cast<int>(bounds.depth) && !explorer.exhausted())
        if (explorer.deepen(stop) != StopReason::none) break;
    if (explorer.depth() < 1) return std::nullopt;
    Verdicts verdicts;
    for (const Violation& violation : explorer.violations())
        if (static_cast<int>(violation.operations) <= explorer.depth())
            verdicts.violated[property_name(program, violation.property)] = {violation.operations,
                                                                             violation.transitions};
    verdicts.depth = explorer.depth();
    verdicts.exhausted = explorer.exhausted();
    return verdicts;
}

// What may be left when nothing is under way, up to names. When a promise began is not part of
// it: with joined steps that is sooner.
std::set<std::string> quiet_states(const Explorer& explorer) {
    const Program& program = explorer.program();
    const Canonical canonical(program);
    std::set<std::string> all;
    for (unsigned part = 0; part < explorer.partitions(); ++part)
        explorer.for_each_state(part, [&](const State& stored, unsigned) {
            if (in_flight(program, stored) != 0) return;
            State state = stored;
            const Layout& layout = program.layout;
            for (unsigned i = 0; i < layout.size(Scope::pte); ++i)
                for (const Field ghost :
                     {Field::wp_armed, Field::soft_dirty_owed, Field::store_barred})
                    if (layout.has(ghost)) layout.set(state, ghost, i, 0);
            // Nor is who stored while an operation gave content up: with joined steps that is over
            // sooner.
            for (unsigned i = 0; layout.has(Field::giving_up) && i < layout.size(Scope::pte); ++i)
                layout.set(state, Field::expects_zero, i, 0);
            for (unsigned mm = 0; mm < layout.mms; ++mm)
                layout.set(state, Field::soft_dirty_armed, mm, 0);
            canonical.normalize(state);
            all.emplace(reinterpret_cast<const char*>(state.words.data()), sizeof state.words);
        });
    return all;
}

// "no_deadlock 3, ...". Once a page is freed while it is mapped, the reduction only
// promises to find that (docs/internals-reduction.md, at the end).
std::string comparable(const Verdicts& verdicts, unsigned unsound_from) {
    std::string text;
    for (const auto& [property, operations] : verdicts.operations())
        if (operations < unsound_from || property == "refcount_is_sound")
            text += (text.empty() ? "" : ", ") + property + " " + std::to_string(operations);
    return text;
}

// With the number of steps as well.
std::string exact(const Verdicts& verdicts) {
    std::string text;
    for (const auto& [property, cost] : verdicts.violated)
        text +=
            property + " " + std::to_string(cost.first) + "/" + std::to_string(cost.second) + " ";
    return text;
}

// Whether anything was compared. `trusting`: the same design with CompileOptions::trust_counts.
bool compare(const Program& plain, Program trusting, const Bounds& bounds) {
    const auto expected = explore_plainly(plain, bounds);
    if (!expected) return false;
    Program joined = plain;
    reduce_steps(joined);
    const auto depth = static_cast<unsigned>(expected->depth);
    const ExploreOptions symmetric{.concurrency = bounds.concurrency};
    const ExploreOptions concrete{.concurrency = bounds.concurrency, .symmetry = false};
    CAPTURE(depth);
    const unsigned sound = expected->operations("refcount_is_sound");
    const unsigned unsound_from = sound == 0 ? 1000 : sound;
    const std::string verdicts = comparable(*expected, unsound_from);
    const Verdicts renamed = explore(plain, depth, symmetric);
    CHECK_MESSAGE(exact(renamed) == exact(*expected), "symmetry");
    CHECK(renamed.exhausted >= expected->exhausted);  // nothing new but names may come earlier
    CHECK_MESSAGE(comparable(explore(joined, depth, concrete), unsound_from) == verdicts, "joined");
    const Verdicts both = explore(joined, depth, symmetric);
    CHECK_MESSAGE(comparable(both, unsound_from) == verdicts, "both");
    if (sound == 0) {
        const auto down_to = [&](const Program& program) {
            Explorer explorer(program, {.concurrency = bounds.concurrency});
            while (explorer.depth() < expected->depth && !explorer.exhausted())
                (void)explorer.deepen({});
            return quiet_states(explorer);
        };
        CHECK_MESSAGE(down_to(joined) == down_to(plain), "quiet states");
    }
    reduce_steps(trusting);
    const Verdicts trusted = explore(trusting, depth, symmetric);
    if (!trusted.misled)
        CHECK_MESSAGE(trusted.operations() == both.operations(), "trusting counts");
    return true;
}

unsigned from_environment(const char* name, unsigned otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

// Until the time is over. `mutate`: change the design, too.
void soak(bool mutate, std::uint64_t seed) {
    using Clock = std::chrono::steady_clock;
    const unsigned seconds = from_environment("COWCHECK_SOAK_SECONDS", 0);
    const auto end = Clock::now() + (seconds > 0 ? std::chrono::milliseconds(seconds * 500)
                                                 : std::chrono::milliseconds(1500));
    seed += from_environment("COWCHECK_SOAK_SEED", 1) * 1'000'000ULL;
    unsigned compared = 0;
    for (unsigned tried = 0; Clock::now() < end; ++tried) {
        Random random(seed + tried);
        const std::string world_text = random_world(random);
        const std::string base = all_designs[below(random, all_designs.size())];
        const std::string text =
            mutate ? random_mutant(random, base) : "design trial extends " + base + "\n";
        Bounds bounds;
        bounds.concurrency = below(random, 3) == 0 ? 0 : 2;
        Diagnostics out;
        const auto world = try_world(world_text);
        if (!world) continue;
        const auto program = try_compile(text, *world, out);
        const auto trusting = try_compile(text, *world, out, {.trust_counts = true});
        if (!program || !trusting) continue;
        INFO("seed ", seed + tried, ", concurrency ", bounds.concurrency, "\n", world_text, text);
        try {
            compared += compare(*program, *trusting, bounds);
        } catch (const std::invalid_argument&) {  // too large to store
        }
    }
    MESSAGE(compared << " systems compared");
    CHECK(compared > 0);
}

}  // namespace

TEST_CASE("in random worlds joined steps and symmetry change no verdict of a kernel") {
    soak(false, 0);
}

TEST_CASE("nor of a kernel with a random mistake in it") { soak(true, 500'000); }

namespace {

// The verdicts of the four modes agree for this design in this world.
void check_modes(const std::string& design, const std::string& world) {
    Diagnostics out;
    const auto program = try_compile(design, world_of(world), out);
    REQUIRE_MESSAGE(program, to_text(out));
    const auto trusting = try_compile(design, world_of(world), out, {.trust_counts = true});
    CHECK(compare(*program, *trusting, {}));
}

// One page, two CPUs that store and fork, and a monitor.
const std::string crowd = R"(
world crowd
title "stores, fork, userfaultfd"
pages  1
frames 3
pins   0
munmap leaves nothing
process parent {
    cpus 2
    maps va 0 anonymous written
    may write, fork
}
process child {
    starts free
    cpus 1
    may read
}
monitor { may uffd_wp_resolve }
procfs  { may clear_refs }
)";

}  // namespace

TEST_CASE("locks taken in the wrong order deadlock with joined steps, too") {
    check_modes(R"(
design trial extends v5.7
operation uffd_wp_resolve(va) {
    lock ptl
    lock mmap_lock for reading
    if pte.present { pte = pte with { writable = false, uffd_wp = false } }
    unlock ptl
    flush tlb va
    unlock mmap_lock
}
)",
                crowd);
}

TEST_CASE("a PTE that is written without its lock is protected by none") {
    check_modes(R"(
design trial extends v5.12
handler wp_page_reuse(va) {
    unlock ptl
    pte = pte with { writable, dirty, soft_dirty }
}
)",
                R"(
world recorder
title "stores, GUP and clear_refs"
pages  1
frames 2
pins   1
munmap leaves fresh mapping
process parent {
    cpus 2
    maps va 0 anonymous written
    may write, gup_fast(read, get), gup_fast(write, get)
}
procfs { may clear_refs }
)");
}

namespace {

// fork starts the child before it copies page tables.
std::string early_child(const std::string& base, const std::string& copier) {
    return "design trial extends " + base + R"(
operation fork() {
    child = new mm
    lock mmap_lock for writing
    start child
    for each va {
        lock ptl
        if pte.present { )" +
           copier + R"((va, child) }
        unlock ptl
    }
    flush tlb
    unlock mmap_lock
}
)";
}

}  // namespace

TEST_CASE("a child that runs before fork has copied its page tables keeps what it may see") {
    check_modes(early_child("v5.7", "copy_one_pte"), crowd);
}

TEST_CASE("the page table lock does not keep the refcount: GUP-fast takes references without it") {
    unsigned looks = 0;
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        const Program program = compiled(design, "default", true);
        for (std::size_t pc = 1; pc < program.rests.size(); ++pc) {
            const Instruction& rest = program.code[program.rests[pc].address];
            for (std::size_t at = program.rests[pc].address + 1U;
                 program.code[at].code != Code::rest && program.code[at].code != Code::end; ++at)
                if (program.code[at].code == Code::load &&
                    program.code[at].c == static_cast<std::uint8_t>(Field::refcount)) {
                    ++looks;
                    CHECK(rest.a == Mover::none);
                    CHECK((rest.target == 0 || (rest.target & Unless::page_private) != 0));
                }
        }
    }
    CHECK(looks > 0);
}

namespace {

// What the steps with such an instruction are, each as often as one stands there.
template <class Is>
std::vector<std::uint8_t> movers_with(const Program& program, Is&& is) {
    std::vector<std::uint8_t> movers;
    for (std::size_t pc = 1; pc < program.rests.size(); ++pc)
        each_of_step(program, program.rests[pc], [&](std::size_t at) {
            if (is(program.code[at])) movers.push_back(program.code[program.rests[pc].address].a);
        });
    return movers;
}

std::vector<std::uint8_t> movers_that_change(const Program& program, Field field, Code how) {
    return movers_with(program, [&](const Instruction& i) {
        return i.code == how && i.c == static_cast<std::uint8_t>(field);
    });
}

std::vector<std::uint8_t> movers_that_detach(const Program& program) {
    return movers_with(program, [](const Instruction& i) { return i.code == Code::detach_vma; });
}

// A design's text in a world, with joined steps.
Program joined(const std::string& design, const std::string& world) {
    Diagnostics out;
    auto program = try_compile(design, world_of(world), out);
    REQUIRE_MESSAGE(program, to_text(out));
    reduce_steps(*program);
    return std::move(*program);
}

bool all_are(const std::vector<std::uint8_t>& movers, std::uint8_t mover) {
    return !movers.empty() && std::all_of(movers.begin(), movers.end(),
                                          [&](std::uint8_t one) { return one == mover; });
}

// Two processes with two CPUs each, which unmap and map again while others look.
const std::string flushing = R"(
world flushing
title "munmap and MADV_DONTNEED beside loads, stores and GUP-fast"
pages  1
frames 3
pins   1
munmap leaves fresh mapping
process parent {
    cpus 2
    maps va 0 anonymous written
    may read, write, munmap, madvise_dontneed, fork, gup_fast(write, pin)
}
process child {
    starts free
    cpus 2
    may read, write, munmap, exit
}
)";

}  // namespace

TEST_CASE("nobody but clear_refs reads tlb_flush_pending, until do_wp_page() does in v5.12") {
    const std::string only_clear_refs = R"(
world cleared
title "stores and clear_refs"
pages  1
frames 2
pins   0
munmap leaves nothing
process parent {
    cpus 2
    maps va 0 anonymous written
    may read, write
}
procfs { may clear_refs }
)";
    for (const Code how : {Code::add_field, Code::sub_field})
        CHECK(all_are(movers_that_change(compiled("v5.9", only_clear_refs, true),
                                         Field::tlb_flush_pending, how),
                      Mover::both));
    // With a monitor, its ioctls change the count that clear_refs reads.
    for (const std::string design : {"v5.9", "v5.12"}) {
        const auto movers = movers_that_change(compiled(design, "default", true),
                                               Field::tlb_flush_pending, Code::sub_field);
        CHECK(std::find(movers.begin(), movers.end(), Mover::none) != movers.end());
    }
    // Two who clear see each other's counts.
    check_modes("design trial extends v5.9\n"
                "operation uffd_wp_resolve(va) {\n"
                "    lock mmap_lock for reading\n"
                "    mm.tlb_flush_pending += 1\n"
                "    if mm.tlb_flush_pending > 1 { flush tlb }\n"
                "    mm.tlb_flush_pending -= 1\n"
                "    unlock mmap_lock\n}\n",
                crowd);
}

TEST_CASE("mapcount may be taken earlier and added later only where no text reads it") {
    const Program reads = compiled("v5.9", "default", true);
    const Program reads_not = compiled("v6.2", "default", true);
    CHECK(all_are(movers_that_change(reads, Field::mapcount, Code::sub_field), Mover::none));
    CHECK(all_are(movers_that_change(reads_not, Field::mapcount, Code::sub_field), Mover::left));
    CHECK(all_are(movers_that_change(reads_not, Field::mapcount, Code::add_field), Mover::right));
    // A count that gets too small is found all the same.
    check_modes(R"(
design trial extends v6.2
handler copy_present_pte(va, child) {
    page = pte.page
    get page
    if pte.writable { pte = pte with { writable = false } }
    child.pte = pte with { writable = false }
}
)",
                flushing);
}

TEST_CASE("a flush that finds nothing waits for GUP-fast all the same") {
    for (const std::string design : {"v5.7", "v5.9", "v6.2"})
        check_modes("design trial extends " + design + "\n", flushing);
}

TEST_CASE("a TLB entry that comes between zap and flush is flushed") {
    // The PTE is zapped and mapped again with nothing but mmap_lock for reading between.
    check_modes(R"(
design trial extends v5.9
operation munmap(va) {
    lock mmap_lock for reading
    lock ptl
    if pte.none { unlock ptl; unlock mmap_lock; return }
    old = pte
    page = old.page
    zap pte
    page.mapcount -= 1
    unlock ptl
    put page
    flush tlb va
    unlock mmap_lock
}
)",
                flushing);
}

TEST_CASE("a page that is freed before the flush is found, though nobody can map it meanwhile") {
    const std::string design = R"(
design trial extends v5.9
operation munmap(va) {
    lock mmap_lock for writing
    detach vma(va)
    lock ptl
    if pte.none { unlock ptl; unlock mmap_lock; return }
    old = pte
    page = old.page
    zap pte
    page.mapcount -= 1
    unlock ptl
    put page
    flush tlb va
    unlock mmap_lock
}
)";
    check_modes(design, flushing);
    CHECK(explore(joined(design, flushing), 3).operations("refcount_is_sound") ==
          2);  // read, munmap
}

TEST_CASE("a child that runs before fork has copied may get a PTE after its own munmap") {
    check_modes(early_child("v5.9", "copy_present_pte"), flushing);
}

TEST_CASE("a VMA that somebody looks at without mmap_lock can't go later") {
    const std::string design = R"(
design trial extends v5.9
operation gup_fast(va, flags) {
    if not vma.mapped { fail }
    return gup(va, flags)
}
)";
    check_modes(design, flushing);
    CHECK(all_are(movers_that_detach(joined(design, flushing)), Mover::none));
    CHECK(all_are(movers_that_detach(compiled("v5.9", flushing, true)), Mover::right));
}

// Whether v6.2 may be joined if that is asked as well.
bool may_join(const std::string& clause, const std::string& world) {
    Diagnostics out;
    Library library(out);
    REQUIRE(library.add_properties(
        "asks.cow",
        "property asks safety\n    \"asks\"\n    source \"a test\"\n    " + clause + "\n", out));
    const auto program =
        compile(*library.design("v6.2", out), library.properties(), world_of(world), out);
    REQUIRE_MESSAGE(program, to_text(out));
    return program->asked.no_joining.empty();
}

TEST_CASE("what clear_refs is owed, and MADV_FREE's right, may only be asked one way") {
    const std::string start =
        "world asked\ntitle \"what is asked\"\npages 1\nframes 3\npins 0\n"
        "process parent {\n    cpus 1\n    maps va 0 anonymous written\n    may ";
    const std::string cleared = start + "read, write\n}\nprocfs { may clear_refs }\n";
    CHECK(may_join("always for each mm, va: quiet(mm) and soft_dirty_owed(mm, va) "
                   "implies pte(mm, va).soft_dirty",
                   cleared));
    CHECK_FALSE(may_join("always for each mm, va: quiet implies (not soft_dirty_owed(mm, va) "
                         "implies pte(mm, va).none)",
                         cleared));
    const std::string freed = start + "read, write, madvise_free\n}\nkernel { may swap_out }\n";
    const std::string lost = "at load: not holds_expected(mm, va, page)";
    CHECK(may_join("at load: holds_expected(mm, va, page)", freed));
    CHECK_FALSE(may_join(lost, freed));
    CHECK(may_join(lost, cleared));
}

TEST_CASE("a count that a property asks for at an event is no mover") {
    Diagnostics out;
    Library library(out);
    REQUIRE(library.add_properties("counts.cow", R"(
property copied_page_is_mapped_by_two safety
    "of a page that is copied on write, mapcount says that two map it"
    at cow_copy: page.mapcount == 2

property pinned_page_is_exclusive safety
    needs page.anon_exclusive
    "DMA finds the page exclusive"
    at dma_write: page.anon_exclusive
)",
                                   out));
    const World world = world_of(flushing);
    const auto compile_with = [&](const CompileOptions& options) {
        auto program =
            compile(*library.design("v6.2", out), library.properties(), world, out, options);
        REQUIRE_MESSAGE(program, to_text(out));
        return std::move(*program);
    };
    const Program plain = compile_with({});
    Program reduced = plain;
    reduce_steps(reduced);
    for (const Code how : {Code::add_field, Code::sub_field})
        CHECK(all_are(movers_that_change(reduced, Field::mapcount, how), Mover::none));
    CHECK(compare(plain, compile_with({.trust_counts = true}), {}));
}
