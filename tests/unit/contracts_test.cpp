// What system calls promise about memory is for their contracts to say (model/contracts.h), not for
// a design's statements: designs that do nothing, that throw away what nobody gave up, or that
// forget a part of it are stopped, and by which property.
#include "model/contracts.h"
#include "tests/support/models.h"
#include "tests/support/scenario.h"

#include <doctest/doctest.h>

#include <array>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

struct Place {
    std::string memory = "    maps va 0 anonymous written\n";
    std::string menu = "read, write, munmap, madvise_dontneed";
    std::string more = {};  // processes and services
    unsigned pages = 1;
    bool fresh = true;
    unsigned pins = 0;
};

std::string world(const Place& place) {
    return "world place\ntitle \"what a contract speaks of\"\npages " +
           std::to_string(place.pages) + "\nframes " + (place.pages == 1 ? "3" : "4") + "\npins " +
           std::to_string(place.pins) + "\nmunmap leaves " +
           (place.fresh ? "fresh mapping" : "nothing") + "\nprocess parent {\n    cpus 2\n" +
           place.memory + "    may " + place.menu + "\n}\n" + place.more;
}

Program program_of(const std::string& text, const Place& place) {
    Diagnostics out;
    auto program = try_compile(text, world_of(world(place)), out);
    for (const auto& one : out) CAPTURE(one.message);
    REQUIRE(program.has_value());
    return std::move(*program);
}

struct Vacuous {
    std::string what;
    std::string base;
    std::string text;
    Place place;
    std::string property;
    unsigned operations = 0;
};

const std::string child = "process child { starts free; cpus 1; may read, write, exit }\n";
const std::string reclaim = "kernel { may swap_out }\n";
const std::string compaction = "kernel { may migrate }\n";
const std::string thp = "    maps va 0 thp written\n";

const std::string frees_entry = R"(
    unlock ptl
    notifier end va
    flush tlb va
}
)";

const std::string two_pages = "    maps va 0 anonymous written\n    maps va 1 anonymous written\n";
const std::string zaps_all = R"(
handler zap_all() { for each va { zap_pte(va) } }
)";

const std::string protects = "read, write, mprotect_read, mprotect_write";

// What takes VM_WRITE away, and does the rest as `then` says.
std::string protecting(const std::string& then) {
    return R"(
operation mprotect_read(va) {
    lock mmap_lock for writing
    if not vma.mapped or not vma.writable { unlock mmap_lock; return }
    vma.writable = false
)" + then + "    unlock mmap_lock\n}\n";
}

const std::vector<Vacuous>& designs() {
    static const std::vector<Vacuous> all{
        {"munmap does nothing, and the range is mapped afresh",
         "v6.2",
         "operation munmap(va) { lock mmap_lock for writing; detach vma(va); unlock mmap_lock }",
         {},
         "memory_is_coherent",
         2},
        {"munmap takes the VMA away and no more",
         "v6.2",
         "operation munmap(va) { lock mmap_lock for writing; detach vma(va); unlock mmap_lock }",
         {.fresh = false},
         "munmap_leaves_nothing",
         1},
        {"MADV_DONTNEED does nothing",
         "v6.2",
         "operation madvise_dontneed(va) { lock mmap_lock for reading; unlock mmap_lock }",
         {},
         "memory_is_coherent",
         2},
        {"a zap forgets the flush, and keeps the page until exit",
         "v6.2",
         "handler zap_pte(va) { lock ptl; if not pte.none { zap pte }; unlock ptl }",
         {.fresh = false},
         "munmap_leaves_nothing",
         2},
        {"MADV_DONTNEED leaves a swap entry",
         "v6.2",
         "handler zap_swap_entry(va) {" + frees_entry,
         {.menu = "read, write, madvise_dontneed", .more = reclaim},
         "memory_is_coherent",
         3},
        {"munmap leaves a swap entry",
         "v6.2",
         "handler zap_swap_entry(va) {" + frees_entry,
         {.menu = "read, write, munmap", .more = reclaim, .fresh = false},
         "munmap_leaves_nothing",
         2},
        {"MADV_DONTNEED leaves a migration entry",
         "v6.2",
         "handler zap_migration_entry(va) {" + frees_entry,
         {.menu = "read, madvise_dontneed", .more = compaction},
         "memory_is_coherent",
         3},
        {"munmap_range() forgets the second page",
         "v6.2",
         "operation munmap_range() {\n    lock mmap_lock for writing\n    for each va { detach "
         "vma(va) }\n    zap_first()\n    unlock mmap_lock\n}\nhandler zap_first() { for each va { "
         "zap_pte(va); return } }",
         {.memory = two_pages, .menu = "read, munmap_range", .pages = 2, .fresh = false},
         "munmap_leaves_nothing",
         1},
        {"clear_refs throws memory away",
         "v6.2",
         "operation clear_refs() {\n    lock mmap_lock for writing\n    for each va { zap_pte(va) "
         "}\n    unlock mmap_lock\n}",
         {.more = "procfs { may clear_refs }\n"},
         "memory_is_coherent",
         2},
        {"unsharing throws the page away",
         "v6.2",
         "fault unshare(va) { zap_pte(va) }",
         {.menu = "read, fork, gup(read, pin, longterm)",
          .more = child + "device { may unpin }\n",
          .pins = 1},
         "memory_is_coherent",
         3},
        {"fork takes the page from the parent",
         "v6.2",
         "operation fork() {\n    child = new mm\n    lock mmap_lock for writing\n    for each va "
         "{ zap_pte(va) }\n    start child\n    unlock mmap_lock\n}",
         {.menu = "read, fork", .more = child},
         "memory_is_coherent",
         2},
        {"mprotect(PROT_READ) throws the page away",
         "v6.2",
         protecting("    zap_pte(va)\n"),
         {.menu = protects},
         "memory_is_coherent",
         2},
        {"munmap of half a THP takes the other half along",
         "v6.2",
         "operation munmap(va) {\n    lock mmap_lock for writing\n    detach vma(va)\n    "
         "zap_pte(va)\n    unlock mmap_lock\n}",
         {.memory = thp, .menu = "read, munmap", .pages = 2},
         "memory_is_coherent",
         2},
        {"MADV_DONTNEED of one page zaps all",
         "v6.2",
         "operation madvise_dontneed(va) {\n    lock mmap_lock for reading\n    zap_all()\n    "
         "unlock mmap_lock\n}" +
             zaps_all,
         {.memory = two_pages, .menu = "read, madvise_dontneed", .pages = 2},
         "memory_is_coherent",
         2},
        {"a pin loses its page to clear_refs",
         "v6.2",
         "operation clear_refs() {\n    lock mmap_lock for writing\n    for each va { zap_pte(va) "
         "}\n    unlock mmap_lock\n}",
         {.menu = "read, gup(write, pin)",
          .more = "procfs { may clear_refs }\ndevice { may unpin }\n",
          .pins = 1},
         "rw_pin_matches_mapping",
         2},
        {"mprotect(PROT_READ) takes VM_WRITE and no more",
         "v6.2",
         protecting(""),
         {.menu = protects},
         "mprotect_stops_stores",
         1},
        {"mprotect(PROT_READ) does nothing at all",
         "v6.2",
         "operation mprotect_read(va) { lock mmap_lock for writing; unlock mmap_lock }",
         {.menu = protects},
         "mprotect_stops_stores",
         1},
        {"mprotect(PROT_READ) never flushes",
         "v6.2",
         protecting("    lock ptl\n    if pte.present { pte = pte with { writable = false } }\n    "
                    "unlock ptl\n"),
         {.menu = protects},
         "mprotect_stops_stores",
         2},
        {"a write fault does not ask the VMA",
         "v6.2",
         "fault write(va) { lock ptl; if pte.present { pte = pte with { writable, dirty, "
         "soft_dirty } }; unlock ptl }\n"
         "operation write(va) {\n    loop {\n        atomic {\n            if store through tlb { "
         "return }\n            if walk for writing { continue }\n        }\n        lock "
         "mmap_lock "
         "for reading\n        if not vma.mapped { unlock mmap_lock; return }\n        fault "
         "write(va)\n        unlock mmap_lock\n    }\n}",
         {.menu = protects},
         "mprotect_stops_stores",
         2},
        {"a child may store to what its parent protected",
         "v6.2",
         "operation fork() {\n    child = new mm\n    lock mmap_lock for writing\n    for each va "
         "{\n        lock ptl\n        if pte.present {\n            new = copy of pte.page\n"
         "            new.mapcount += 1\n            child.pte = { page = new, writable, dirty, "
         "soft_dirty }\n        }\n        unlock ptl\n    }\n    flush tlb\n    start child\n    "
         "unlock mmap_lock\n}",
         {.menu = protects + ", fork", .more = child},
         "mprotect_stops_stores",
         2},
        {"FOLL_FORCE leaves hugetlb memory writable",
         "v6.1",
         "operation gup_force(va, flags) {\n    lock mmap_lock for reading\n    loop {\n        if "
         "not vma.mapped { unlock mmap_lock; fail }\n        lock ptl\n        if pte.present and "
         "(pte.writable or not flags.write) {\n            page = pte.page\n            get page\n"
         "            unlock ptl\n            unlock mmap_lock\n            return page\n        "
         "}\n"
         "        if pte.present and pte.page.anon_exclusive {\n            pte = pte with { "
         "writable, dirty }\n        }\n        unlock ptl\n        fault read(va)\n    }\n}",
         {.memory = "    maps va 0 hugetlb written\n",
          .menu = "read, write, mprotect_read, gup_force(write, get)",
          .more = "device { may unpin }\n",
          .fresh = false,
          .pins = 1},
         "mprotect_stops_stores",
         2},
    };
    return all;
}

constexpr unsigned parent = 0;

}  // namespace

TEST_CASE("what does nothing, and what throws away what nobody gave up, is stopped") {
    for (const Vacuous& one : designs()) {
        CAPTURE(one.what);
        Program program =
            program_of("design trial extends " + one.base + "\n" + one.text + "\n", one.place);
        CHECK(explore(program, one.operations + 1U).operations(one.property) == one.operations);
        if (one.operations > 1) CHECK(explore(program, one.operations - 1U).holds(one.property));
        reduce_steps(program);
        CHECK(explore(program, one.operations + 1U).operations(one.property) == one.operations);
    }
}

TEST_CASE("the kernels that these were made of keep what they promise") {
    for (const Vacuous& one : designs()) {
        if (one.place.memory == thp && slow_build) continue;
        CAPTURE(one.what);
        const Verdicts found =
            explore(compiled("v6.7", world(one.place), true), one.operations > 2 ? 3 : 2);
        CHECK(found.holds(one.property));
    }
}

TEST_CASE("at the return of MADV_DONTNEED nothing is there but what was stored meanwhile") {
    Scenario s("v6.2", world({}));
    s.run("cpu0", "write");
    const unsigned old = s.frame(parent);
    CHECK(s.get(Field::expected, old) == 1);
    s.start("cpu0", "madvise_dontneed").until("cpu0", "zap pte");
    CHECK(s.get(Field::giving_up, 0) == 1);
    CHECK(s.get(Field::expects_zero, 0) == 1);
    CHECK(s.get(Field::expected, old) == 1);  // it may still be read
    SUBCASE("nobody stores") {
        s.finish("cpu0");
        CHECK(s.get(Field::giving_up, 0) == 0);
        CHECK(s.get(Field::expected, old) == 0);
        CHECK(s.get(Field::expects_zero, 0) == 1);
    }
    SUBCASE("what is stored meanwhile may stay, or be lost") {
        s.until("cpu0", "put page").run("cpu1", "write");
        const unsigned fresh = s.frame(parent);
        CHECK(s.get(Field::stored_meanwhile, 0) == 1);
        s.finish("cpu0");
        CHECK(s.get(Field::stored_meanwhile, 0) == 0);
        CHECK(s.get(Field::expected, fresh) == 1);
        CHECK(s.get(Field::expects_zero, 0) == 1);
        s.run("cpu1", "write");
        CHECK(s.get(Field::expects_zero, 0) == 0);
    }
    s.run("cpu1", "read");
    CHECK(s.violated().empty());
}

TEST_CASE("only what the contract gives up ends a pin's mapping") {
    const Place place{.menu = "read, gup(write, pin), madvise_dontneed",
                      .more = "procfs { may clear_refs }\ndevice { may unpin }\n",
                      .pins = 1};
    const std::string clears = "design trial extends v6.2\noperation clear_refs() {\n    lock "
                               "mmap_lock for writing\n    for each va { zap_pte(va) }\n    unlock "
                               "mmap_lock\n}\n";
    Scenario s(program_of(clears, place));
    s.run("cpu0", "gup(write, pin)");
    SUBCASE("clear_refs") {
        s.run("procfs", "clear_refs");
        CHECK(s.get(Field::pin_attached, 0) == 1);
    }
    SUBCASE("MADV_DONTNEED") {
        s.run("cpu0", "madvise_dontneed");
        CHECK(s.get(Field::pin_attached, 0) == 0);
        CHECK(s.violated().empty());
    }
}

TEST_CASE("mprotect promises nothing that was permitted meanwhile, and what it does is inherited") {
    const Place place{.menu = protects + ", fork, munmap", .more = child};
    Scenario s("v6.2", world(place));
    const auto barred = [&](unsigned mm) {
        return (s.get(Field::store_barred, mm) & StoreBar::promised) != 0;
    };
    s.start("cpu0", "mprotect_read");
    CHECK_FALSE(barred(parent));
    s.finish("cpu0");
    CHECK(barred(parent));
    s.run("cpu1", "fork");
    CHECK(barred(1));
    SUBCASE("mprotect_write") {
        s.start("cpu1", "mprotect_write");
        CHECK_FALSE(barred(parent));
        CHECK(barred(1));
        s.finish("cpu1");
        CHECK(s.get(Field::store_barred, 0) == 0);
    }
    SUBCASE("munmap") {
        s.run("cpu1", "munmap");
        CHECK(s.get(Field::store_barred, 0) == 0);
    }
    s.run("cpu0", "write");
    CHECK(s.violated().empty());
}

TEST_CASE("each operation has one contract at most, and says something and where it is from") {
    for (std::size_t i = 0; i < contract_table.size(); ++i) {
        CHECK_FALSE(contract_table[i].says.empty());
        CHECK_FALSE(contract_table[i].source.empty());
        for (std::size_t j = 0; j < i; ++j) CHECK(contract_table[i].kind != contract_table[j].kind);
    }
}
