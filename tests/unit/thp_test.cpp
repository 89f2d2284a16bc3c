// Transparent huge pages: one refcount for two pages, mapped by a PMD or by PTEs.
#include "tests/support/scenario.h"

#include <doctest/doctest.h>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

// Two CPUs of a parent, one of its child; frames 0 to 6 can be allocated.
std::string room(const std::string& memory, const std::string& settings = "") {
    return "world room\ntitle \"huge memory\"\npages 2\nframes 7\npins 2\n" + settings +
           "munmap leaves nothing\nprocess parent {\n    cpus 2\n    maps va 0 " + memory + R"(
    may read, write, fork, munmap, munmap_range, madvise_dontneed, madvise_dontneed_range
    may mprotect_read, mprotect_read_range, mprotect_write_range, madvise_collapse
    may gup(read, get), gup(write, pin), gup(read, pin, longterm), gup_fast(read, get)
    may gup_fast(read, pin, longterm), gup_force(write, get)
}
process child {
    starts free
    cpus 1
    may read, write, exit, munmap, munmap_range
}
monitor { may uffd_wp_protect, uffd_wp_resolve, uffd_wp_protect_range, uffd_wp_resolve_range }
kernel { may khugepaged, split_folio, speculative_get }
procfs { may clear_refs }
device { may dma_read, dma_write, unpin }
)";
}

constexpr unsigned parent = 0;
constexpr unsigned child = 1;
constexpr unsigned head = 0;  // of the THP that the parent starts with
constexpr unsigned tail = 1;
constexpr unsigned zeropage = 7;  // after the frames
constexpr unsigned huge_zeropage = 8;

bool is_huge(const Scenario& s, unsigned mm = parent) {
    return (s.get(Field::pmd, mm) & PteBit::huge) != 0;
}
bool has_table(const Scenario& s, unsigned mm = parent) {
    return s.get(Field::pmd, mm) == PteBit::table;
}
bool is_writable(const Scenario& s, unsigned mm = parent, unsigned va = 0) {
    return (s.pte(mm, va) & PteBit::writable) != 0;
}

}  // namespace

TEST_CASE("a PMD maps both pages of a THP, and its refcount is the head's") {
    Scenario s("v6.2", room("thp written"));
    CHECK(is_huge(s));
    CHECK(s.frame(parent, 0) == head);
    CHECK(s.frame(parent, 1) == tail);
    CHECK(s.get(Field::refcount, head) == 1);
    CHECK(s.get(Field::entire_mapcount, head) == 1);
    s.run("cpu0", "gup(read, get)", 1);
    CHECK(s.get(Field::pin_page, 0) == tail);
    CHECK(s.get(Field::refcount, head) == 2);
    CHECK(s.get(Field::refcount, tail) == 0);
    CHECK(s.violated().empty());
}

TEST_CASE("fork shares a huge PMD as a whole; the next store splits it, from v5.8 on") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        Scenario s(design, room("thp written"));
        s.run("cpu0", "fork");
        CHECK(is_huge(s, parent));
        CHECK(is_huge(s, child));
        CHECK(s.get(Field::entire_mapcount, head) == 2);
        CHECK_FALSE(is_writable(s));
        s.run("cpu0", "write", 1);
        CHECK(is_huge(s, parent) == (design == "v5.7"));  // it copied all of it
        CHECK(s.frame(parent, 1) != tail);
        CHECK((s.frame(parent, 0) == head) == (design != "v5.7"));
        CHECK(is_huge(s, child));
        s.run("cpu2", "read", 0).run("cpu2", "read", 1).run("cpu2", "exit");
        s.run("cpu0", "read", 0).run("cpu0", "read", 1);
        CHECK(s.violated().empty());
    }
}

TEST_CASE(
    "fork is through with a PMD that it has shared, even if reclaim splits the parent's then") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        Scenario s(design, room("thp written"));
        s.start("cpu0", "fork").until("cpu0", "unlock ptl").step("cpu0");
        s.start("kernel", "split_folio", 1, parent).finish("kernel").finish("cpu0");
        CHECK(has_table(s, parent));
        CHECK(is_huge(s, child));
        CHECK(s.get(Field::mapcount, tail) == 1);
        CHECK(s.violated().empty());
    }
}

TEST_CASE("a write fault that waits for the lock of a THP finds its PMD split by then") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        Scenario s(design, room("thp written"));
        s.run("cpu0", "fork");
        s.start("kernel", "split_folio", 0, parent).until("kernel", "lock ptl");
        s.start("cpu0", "write").until("cpu0", "lock page");
        s.finish("kernel");
        CHECK(has_table(s, parent));
        CHECK(s.get(Field::compound, head) == static_cast<unsigned>(Compound::head));
        s.finish("cpu0");
        CHECK(s.frame(parent, 0) != head);
        CHECK(s.frame(parent, 1) == tail);
        CHECK(is_huge(s, child));
        CHECK_FALSE(s.violated("refcount_is_sound"));
    }
}

TEST_CASE("a split PMD's PTEs have its bits, and its page one reference more") {
    Scenario s("v6.2", room("thp written"));
    s.run("cpu0", "mprotect_read", 1);
    CHECK(has_table(s));
    CHECK(is_writable(s, parent, 0));
    CHECK_FALSE(is_writable(s, parent, 1));
    CHECK(s.get(Field::refcount, head) == 2);
    CHECK(s.get(Field::mapcount, head) == 1);
    CHECK(s.get(Field::mapcount, tail) == 1);
    CHECK(s.get(Field::entire_mapcount, head) == 0);
    CHECK(s.violated().empty());
}

TEST_CASE("munmap of one page splits the PMD and leaves the other page; both free the THP") {
    Scenario s("v5.12", room("thp written"));
    s.run("cpu0", "munmap", 0);
    CHECK(s.frame(parent, 1) == tail);
    CHECK(s.get(Field::refcount, head) == 1);
    CHECK(s.get(Field::kind, head) != 0);  // it stays allocated, unmapped
    s.run("cpu0", "munmap", 1);
    CHECK(s.get(Field::kind, head) == 0);
    CHECK(s.get(Field::kind, tail) == 0);
    CHECK(s.violated().empty());
}

TEST_CASE("MADV_DONTNEED of all of it takes a huge PMD away as a whole") {
    Scenario s("v6.2", room("thp written"));
    s.run("cpu0", "madvise_dontneed_range");
    CHECK(s.get(Field::pmd, parent) == 0);
    CHECK(s.get(Field::kind, head) == 0);
    s.run("cpu0", "write", 1);  // a fresh THP
    CHECK(is_huge(s));
    CHECK(s.violated().empty());
}

TEST_CASE("fork splits a pinned THP and copies its pages, from v5.9 on") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        const bool copies = design != "v5.7" && design != "v5.8";
        Scenario s(design, room("thp written"));
        s.run("cpu0", "gup(write, pin)").run("cpu0", "fork");
        CHECK(is_huge(s) == !copies);
        CHECK((s.frame(parent) != s.frame(child)) == copies);
        CHECK(is_writable(s) == copies);
        s.run("cpu2", "exit").run("device", "unpin");
        CHECK_FALSE(s.violated("refcount_is_sound"));
        CHECK_FALSE(s.violated("unpin_finds_exclusive"));
    }
}

TEST_CASE("the write fault of a huge PMD asks the mapcount until v5.18, then the refcount") {
    for (const auto& [named, reused] : {std::pair{"v5.7", true},
                                        {"v5.9", true},
                                        {"v5.12", true},
                                        {"v5.18", false},
                                        {"v6.2", false}}) {
        const std::string design = named;  // clang 14 captures no structured binding
        CAPTURE(design);
        Scenario s(design, room("thp written"));
        s.run("cpu0", "fork").run("cpu2", "read").run("cpu0", "gup_fast(read, get)");
        s.run("cpu2", "exit").run("cpu0", "write");
        CHECK((s.frame(parent) == head && is_huge(s)) == reused);
    }
}

TEST_CASE("a THP that PTEs map is copied for its own refcount's sake, v5.9 to v5.18") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        Scenario s(design, room("pte-mapped thp"));
        s.run("procfs", "clear_refs").run("cpu0", "write", 1);
        CHECK((s.frame(parent, 1) != tail) == (design == "v5.9" || design == "v5.12"));
        CHECK_FALSE(s.violated("refcount_is_sound"));
    }
}

TEST_CASE("the last page of a THP is reused like a base page") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        Scenario s(design, room("last page of thp"));
        s.run("procfs", "clear_refs").run("cpu0", "write");
        CHECK(s.frame(parent) == head);
        CHECK(s.violated().empty());
    }
}

TEST_CASE("the first store to the huge zeropage makes a THP until v5.8, then it splits the PMD") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        Scenario s(design, room("huge zeropage", "zeropage shared\n"));
        CHECK(s.frame(parent, 0) == huge_zeropage);
        CHECK(s.frame(parent, 1) == huge_zeropage);
        s.run("cpu0", "write");
        CHECK(s.frame(parent, 0) < zeropage);
        CHECK(is_huge(s) == (design == "v5.7"));
        if (design != "v5.7") CHECK(s.frame(parent, 1) == zeropage);
        CHECK(s.violated().empty());
    }
}

TEST_CASE("huge memory that was never touched: reads map the huge zeropage, stores a THP") {
    Scenario s("v5.19", room("thp untouched", "zeropage shared\n"));
    s.run("cpu0", "read", 1);
    CHECK(s.frame(parent, 0) == huge_zeropage);
    Scenario t("v5.19", room("thp untouched", "zeropage shared\n"));
    t.run("cpu0", "write", 1);
    CHECK(is_huge(t));
    CHECK(t.get(Field::anon_exclusive, t.frame(parent, 0)) == 1);
    CHECK(t.get(Field::anon_exclusive, t.frame(parent, 1)) == 1);
    CHECK(t.violated().empty());
}

TEST_CASE("a long-term pin for reading moves the page off the huge zeropage from v6.2 on") {
    for (const std::string gup : {"gup(read, pin, longterm)", "gup_fast(read, pin, longterm)"})
        for (const auto& [design, moves] : {std::pair{"v6.1", false}, {"v6.2", true}}) {
            Scenario s(design, room("huge zeropage", "zeropage shared\n"));
            s.run("cpu0", gup, 1);
            CHECK((s.get(Field::pin_page, 0) < zeropage) == moves);
            CHECK(s.get(Field::pin_page, 0) == s.frame(parent, 1));
            CHECK_FALSE(is_writable(s, parent, 1));
        }
}

TEST_CASE("userfaultfd protects a PMD as a whole, and splits it for one page") {
    Scenario whole("v6.2", room("thp written"));
    whole.start("monitor", "uffd_wp_protect_range", 0, parent).finish("monitor");
    CHECK(is_huge(whole));
    whole.start("cpu0", "write", 1).finish("cpu0");
    CHECK(whole.waits("cpu0") == Blocked::userfault);
    whole.start("monitor", "uffd_wp_resolve_range", 0, parent).finish("monitor").finish("cpu0");
    CHECK(whole.violated().empty());
    Scenario one("v6.2", room("thp written"));
    one.start("monitor", "uffd_wp_protect", 1, parent).finish("monitor");
    CHECK(has_table(one));
    CHECK((one.pte(parent, 0) & PteBit::uffd_wp) == 0);
    CHECK((one.pte(parent, 1) & PteBit::uffd_wp) != 0);
}

TEST_CASE("a TLB keeps a translation of each page; splitting the PMD flushes all of them") {
    Scenario s("v6.2", room("thp written"));
    s.run("cpu1", "read", 0).run("cpu1", "read", 1);
    const unsigned first = s.program().layout.tlb_index(1, 0);
    CHECK(s.get(Field::tlb_page, first) == head);
    CHECK(s.get(Field::tlb_page, first + 1) == tail);
    s.run("cpu0", "mprotect_read", 1);
    CHECK(s.get(Field::tlb_valid, first) == 0);
    CHECK(s.get(Field::tlb_valid, first + 1) == 0);
}

TEST_CASE("collapsing base pages makes a THP; a pinned one stops it") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        Scenario s(design, room("base pages for thp"));
        s.start("kernel", "khugepaged", 0, parent).finish("kernel");
        CHECK(is_huge(s));
        s.run("cpu0", "read", 0).run("cpu0", "read", 1).run("cpu0", "write", 1);
        CHECK(s.violated().empty());
        Scenario pinned(design, room("base pages for thp"));
        pinned.run("cpu0", "gup(write, pin)", 1);
        pinned.start("kernel", "khugepaged", 0, parent).finish("kernel");
        CHECK(has_table(pinned));
        CHECK(pinned.frame(parent, 1) == tail);
        CHECK(pinned.violated().empty());
    }
}

TEST_CASE("pages of a THP are collapsed from v5.8 on, and what nobody may write is not") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        Scenario s(design, room("pte-mapped thp"));
        s.start("kernel", "khugepaged", 0, parent).finish("kernel");
        CHECK(is_huge(s) == (design != "v5.7"));
        Scenario shared(design, room("pte-mapped thp"));
        shared.run("cpu0", "fork").start("kernel", "khugepaged", 0, parent).finish("kernel");
        CHECK(has_table(shared));
        CHECK(shared.violated().empty());
    }
}

TEST_CASE("until v6.1 GUP-fast may pin what khugepaged takes away, if no flush waits for it") {
    for (const auto& [named, detached] : {std::pair{"v5.7", true},
                                          {"v5.12", true},
                                          {"v5.19", true},
                                          {"v6.1", false},
                                          {"v6.2", false}}) {
        const std::string design = named;  // clang 14 captures no structured binding
        CAPTURE(design);
        Scenario s(design, room("base pages for thp", "arch arm64\n"));
        s.start("cpu0", "gup_fast(read, pin, longterm)").until("cpu0", "if not try");
        s.start("kernel", "khugepaged", 0, parent).until("kernel", "copy page into half");
        s.finish("cpu0");
        s.finish("kernel").finish("cpu0");
        CHECK(is_huge(s));
        CHECK((s.get(Field::pin_page, 0) != s.frame(parent)) == detached);
    }
}

TEST_CASE("on x86 khugepaged waits for GUP-fast") {
    Scenario s("v5.12", room("base pages for thp"));
    s.start("cpu0", "gup_fast(read, pin, longterm)").until("cpu0", "if not try");
    s.start("kernel", "khugepaged", 0, parent).finish("kernel");
    CHECK(s.waits("kernel") == Blocked::interrupts);
}

TEST_CASE("a THP is split into pages of their own only if nobody has a reference") {
    Scenario s("v6.2", room("thp written"));
    s.start("kernel", "split_folio", 1, parent).finish("kernel");
    CHECK(has_table(s));
    CHECK(s.get(Field::compound, head) == 0);
    CHECK(s.get(Field::refcount, head) == 1);
    CHECK(s.get(Field::refcount, tail) == 1);
    CHECK(s.violated().empty());
    Scenario pinned("v6.2", room("thp written"));
    pinned.run("cpu0", "gup(read, pin, longterm)");
    pinned.start("kernel", "split_folio", 1, parent).finish("kernel");
    CHECK(pinned.get(Field::compound, head) == static_cast<unsigned>(Compound::head));
    CHECK(pinned.violated().empty());
}

TEST_CASE("following a huge PMD for reading makes it dirty until v4.14 (CVE-2017-1000405)") {
    for (const auto& [named, dirty] : {std::pair{"v4.8", true}, {"v4.14", true}, {"v5.7", false}}) {
        const std::string design = named;  // clang 14 captures no structured binding
        CAPTURE(design);
        Scenario s(design, room("huge zeropage", "zeropage shared\n"));
        s.run("cpu0", "gup(read, get)");
        CHECK(((s.pte(parent) & PteBit::dirty) != 0) == dirty);
    }
}

TEST_CASE("a world without huge memory has no bit for it in its states") {
    CHECK_FALSE(compiled("v6.2", "default").layout.has(Field::pmd));
    CHECK(compiled("v6.2", "default").layout.stride[static_cast<std::size_t>(Scope::page)] == 3);
    CHECK(compiled("v6.2", "thp-ptes").layout.has(Field::compound));
}
