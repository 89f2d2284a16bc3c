// Mapping generations: whose race an access beside a zap is, what MADV_FREE allows to be lost,
// and what of clear_refs' record must stay.
#include "tests/support/models.h"
#include "tests/support/scenario.h"

#include <doctest/doctest.h>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

std::string beside(const std::string& zap, const std::string& memory, const std::string& menu,
                   const std::string& kernel, const std::string& pages = "1") {
    return "world beside\ntitle \"a zap beside what else takes entries away\"\npages " + pages +
           "\nframes " + (pages == "1" ? "3" : "4") +
           "\npins 0\nmunmap leaves fresh mapping\nprocess parent {\n    cpus 2\n" + memory +
           "    may read, write, " + zap + menu + "\n}\nkernel { may " + kernel + " }\n";
}

Program trial(const std::string& text, const std::string& world) {
    Diagnostics out;
    auto program = try_compile(text, world_of(world), out);
    REQUIRE(program.has_value());
    return std::move(*program);
}

const std::string one_page = "    maps va 0 anonymous written\n";
const std::string two_alike = "    maps va 0 anonymous alike\n    maps va 1 anonymous alike\n";
const std::string for_thp = "    maps va 0 base pages for thp\n";

const std::string freed_lazily = R"(
world freed-lazily
title "MADV_FREE, DMA into the page, and reclaim"
pages 1
frames 3
pins 1
munmap leaves nothing
process parent {
    cpus 2
    maps va 0 anonymous written
    may read, write, madvise_free, gup_fast(write, pin)
}
kernel { may swap_out }
device { may dma_write, unpin }
)";

const std::string at_once = "    atomic { old = pte; pte = none }";  // ptep_get_and_clear()

// Reclaim drops a page whose PTE MADV_FREE has made clean. `asks`: it looks for references once
// the PTE is gone.
// `takes`: the PTE, in `old`.
std::string discarding(const std::string& asks, const std::string& takes) {
    return R"(
design trial extends v5.19
operation swap_out(va) {
    seen = pte
    if not seen.present or seen.special or seen.dirty { return }
    page = seen.page
    if not try get page { return }
    notifier start va
    lock ptl
    if not pte.present or pte.page != page { unlock ptl; notifier end va; put page; return }
)" + takes +
           R"(
    flush tlb va
    if old.dirty or page.dirty)" +
           asks + R"( {
        pte = old
        unlock ptl
        notifier end va
        put page
        return
    }
    page.mapcount -= 1
    put page
    unlock ptl
    notifier end va
    put page
}
)";
}

const std::string merging = R"(
world merging
title "two pages are written with zeroes after clear_refs, and merged"
pages 2
frames 4
pins 0
munmap leaves nothing
process parent {
    cpus 1
    maps va 0 anonymous written
    maps va 1 anonymous written
    may read, write(zeroes)
}
procfs { may clear_refs }
kernel { may ksm_merge }
)";

const std::string keeps_bits = R"(
design trial extends v7.2
handler replace_page(va, page, kpage, orig) {
    lock ptl
    if pte != orig { unlock ptl; return }
    get kpage
    kpage.mapcount += 1
    pte = none
    flush tlb va
    pte = { page = kpage, uffd_wp = orig.uffd_wp, soft_dirty = orig.soft_dirty }
    page.mapcount -= 1
    put page
    unlock ptl
}
)";

constexpr unsigned parent = 0;

}  // namespace

TEST_CASE("what is stored to a new mapping while the old one's zap has not flushed counts") {
    const std::vector<std::pair<std::string, unsigned>> worlds{
        {beside("madvise_dontneed", one_page, "", "migrate"), 5},
        {beside("munmap", one_page, "", "migrate"), 5},
        {beside("madvise_dontneed", one_page, "", "swap_out"), 5},
        {beside("munmap", one_page, "", "swap_out"), 5},
        {beside("madvise_dontneed", one_page, ", fork", "migrate, swap_out") +
             "process child { starts free; cpus 1; may read }\n",
         4},
        {beside("madvise_dontneed", two_alike, "", "ksm_merge", "2"), 4},
        {beside("madvise_dontneed_range", for_thp, "", "khugepaged", "2"), 4},
        {beside("madvise_dontneed_range", "    maps va 0 thp written\n", "", "split_folio", "2"),
         4},
    };
    for (const char* design : {"v5.12", "v6.7", "v7.2"})
        for (const auto& one : worlds) {
            const std::string& world = one.first;
            const unsigned depth = one.second;
            CAPTURE(design);
            CAPTURE(world);
            const Verdicts found = explore(compiled(design, world, true), slow_build ? 3 : depth);
            CHECK(found.holds("memory_is_coherent"));
        }
}

TEST_CASE("migration takes a new mapping away before the old one's zap has flushed") {
    Scenario s("v6.7", beside("madvise_dontneed", one_page, "", "migrate"));
    s.start("cpu0", "madvise_dontneed").until("cpu0", "flush tlb va");
    s.run("cpu1", "write");
    const unsigned page = s.frame(parent);
    s.start("kernel", "migrate").until("kernel", "flush tlb va");
    CHECK((s.pte(parent) & PteBit::present) == 0);
    s.set(Field::expected, page, 0);
    s.run("cpu1", "write");  // through the TLB
    CHECK(s.get(Field::expected, page) == 1);
    s.finish("kernel").finish("cpu0").run("cpu0", "read");
    CHECK(s.violated().empty());
}

TEST_CASE("what is stored through the TLB to a mapping that was zapped does not count") {
    Scenario s("v6.7", beside("madvise_dontneed", one_page, "", "migrate"));
    s.run("cpu1", "write");
    const unsigned old = s.frame(parent);
    s.start("cpu0", "madvise_dontneed").until("cpu0", "flush tlb va");
    CHECK(s.get(Field::tlb_stale, 1) == 1);
    s.run("cpu1", "write");
    CHECK(s.get(Field::expected, old) == 0);
    s.finish("cpu0").run("cpu1", "read");
    CHECK(s.violated().empty());
}

TEST_CASE("an access through a stale translation is no race when the zap is over") {
    const std::string never_flushes = R"(
design trial extends v6.7
operation madvise_dontneed(va) {
    lock mmap_lock for reading
    lock ptl
    page = pte.page
    if pte.present { zap pte; page.mapcount -= 1; put page }
    unlock ptl
    unlock mmap_lock
}
)";
    const Verdicts found =
        explore(trial(never_flushes, beside("madvise_dontneed", one_page, "", "migrate")), 4);
    CHECK(found.operations("memory_is_coherent") == 2);
}

TEST_CASE("MADV_FREE allows a content to be lost until the next store, also one by DMA") {
    const Verdicts asks =
        explore(trial(discarding(" or page.refcount != 2", at_once), freed_lazily), 5);
    CHECK(asks.holds("memory_is_coherent"));
    const Verdicts looks_away = explore(trial(discarding("", at_once), freed_lazily), 5);
    CHECK(looks_away.operations("memory_is_coherent") == 5);
    // What was never given away may not go.
    std::string text = discarding(" or page.refcount != 2", at_once);
    for (const std::string word : {" or seen.dirty", "old.dirty or "})
        text.erase(text.find(word), word.size());
    CHECK(explore(trial(text, freed_lazily), 3).operations("memory_is_coherent") == 2);
}

TEST_CASE("the walk may make dirty what MADV_FREE made clean, also where steps are joined") {
    const std::string text = discarding(" or page.refcount != 2", "    old = pte\n    pte = none");
    Program program = trial(text, freed_lazily);
    CHECK(explore(program, 4).operations("memory_is_coherent") == 4);
    reduce_steps(program);
    CHECK(explore(program, 4).operations("memory_is_coherent") == 4);
}

TEST_CASE("a store beside MADV_FREE may be lost as well; one after it may not") {
    Scenario s("v6.2", freed_lazily);
    const unsigned page = s.frame(parent);
    s.start("cpu0", "madvise_free");
    CHECK(s.get(Field::expects_zero, 0) == 1);
    CHECK(s.get(Field::expected, page) == 1);
    s.run("cpu1", "write");
    CHECK(s.get(Field::expects_zero, 0) == 1);
    s.finish("cpu0");
    CHECK(s.get(Field::expects_zero, 0) == 1);
    CHECK(s.get(Field::expected, page) == 1);
    CHECK(s.get(Field::giving_up, 0) == 0);
    s.run("cpu1", "write");
    CHECK(s.get(Field::expects_zero, 0) == 0);
}

TEST_CASE("what is mapped beside MADV_FREE may be lost as well") {
    std::string world = freed_lazily;
    world.insert(world.find("gup_fast"), "madvise_dontneed, ");
    Scenario s("v6.2", world);
    s.start("cpu0", "madvise_free").run("cpu1", "madvise_dontneed").run("cpu1", "write");
    CHECK(s.get(Field::expects_zero, 0) == 1);
    s.finish("cpu0");
    s.run("cpu1", "madvise_dontneed").run("cpu1", "write");
    CHECK(s.get(Field::expects_zero, 0) == 0);
}

TEST_CASE("pages that zeroes were stored to are alike") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        Scenario s(design, merging);
        s.run("kernel", "ksm_merge");
        CHECK(s.frame(parent, 0) != s.frame(parent, 1));
        s.run("cpu0", "write(zeroes)", 0).run("cpu0", "write(zeroes)", 1);
        s.run("kernel", "ksm_merge");
        CHECK(s.frame(parent, 0) == s.frame(parent, 1));
        s.run("cpu0", "read", 0).run("cpu0", "read", 1);
        CHECK(s.violated().empty());
    }
}

TEST_CASE("KSM loses what clear_refs' reader should see, unless it keeps the bit") {
    CHECK(explore(compiled("v7.2", merging, true), 4).operations("soft_dirty_is_kept") == 4);
    CHECK(explore(trial(keeps_bits, merging), 4).holds("soft_dirty_is_kept"));
}

TEST_CASE("a record lasts until clear_refs is written again") {
    Scenario s("v6.2", merging);
    s.run("cpu0", "write(zeroes)");
    CHECK(s.get(Field::soft_dirty_owed, 0) == 0);
    s.run("procfs", "clear_refs").run("cpu0", "write(zeroes)");
    CHECK(s.get(Field::soft_dirty_owed, 0) == 1);
    CHECK(s.get(Field::soft_dirty_owed, 1) == 0);
    s.start("procfs", "clear_refs");
    CHECK(s.get(Field::soft_dirty_owed, 0) == 0);
}
