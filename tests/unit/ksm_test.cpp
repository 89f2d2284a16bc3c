// KSM: which pages become one, who is kept out, and what a store to the shared page does.
#include "tests/support/scenario.h"

#include <doctest/doctest.h>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

std::string room(const std::string& first, const std::string& second) {
    return R"(
world room
title "two pages of one process, and one of another"
pages 2
frames 5
pins 1
munmap leaves nothing
process parent {
    cpus 2
    maps va 0 )" +
           first + "\n    maps va 1 " + second + R"(
    may read, write, fork, munmap, madvise_free
    may gup(read, get), gup(write, pin), gup(write, get), gup(read, pin, longterm)
}
process child {
    starts free
    cpus 1
    may read, write, exit
}
monitor { may uffd_wp_protect }
procfs { may clear_refs }
kernel { may ksm_merge }
device { may dma_read, dma_write, unpin }
)";
}

const std::string alike = room("anonymous alike", "anonymous alike");
const std::string merged = room("ksm", "ksm");
const std::string half = room("anonymous alike", "ksm");
const std::string different = room("anonymous written", "anonymous written");

constexpr unsigned parent = 0;
constexpr unsigned child = 1;

bool has(const Scenario& s, unsigned bit, unsigned va = 0) {
    return (s.pte(parent, va) & bit) != 0;
}

}  // namespace

TEST_CASE("pages of the same content become one, which nobody may write") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        Scenario s(design, alike);
        CHECK(s.frame(parent, 0) != s.frame(parent, 1));
        s.run("kernel", "ksm_merge");
        const unsigned page = s.frame(parent, 0);
        CHECK(page == s.frame(parent, 1));
        CHECK(s.get(Field::ksm, page) == 1);
        CHECK(s.get(Field::mapcount, page) == 2);
        CHECK(s.get(Field::refcount, page) == 2);
        CHECK(s.get(Field::anon_exclusive, page) == 0);
        CHECK_FALSE(has(s, PteBit::writable, 0));
        CHECK_FALSE(has(s, PteBit::writable, 1));
        s.run("cpu0", "read", 0).run("cpu0", "read", 1).run("cpu0", "write", 1);
        s.run("cpu0", "read", 0).run("cpu1", "read", 1);
        CHECK(s.violated().empty());
    }
}

TEST_CASE("a page joins the KSM page that is there") {
    Scenario s("v6.2", half);
    s.run("kernel", "ksm_merge", 0);
    CHECK(s.frame(parent, 0) == s.frame(parent, 1));
    CHECK(s.get(Field::mapcount, s.frame(parent, 0)) == 2);
    CHECK(s.violated().empty());
}

TEST_CASE("pages of different content stay apart, until one is a copy of the other") {
    Scenario s("v6.2", different);
    s.run("kernel", "ksm_merge");
    CHECK(s.frame(parent, 0) != s.frame(parent, 1));
    Scenario written("v6.2", alike);
    written.run("cpu0", "write", 0).run("kernel", "ksm_merge");
    CHECK(written.frame(parent, 0) != written.frame(parent, 1));
    // fork copies a pinned page: parent and child hold the same in two pages.
    Scenario copied("v6.2", different);
    copied.run("cpu0", "gup(write, pin)").run("cpu0", "fork").run("device", "unpin");
    CHECK(copied.frame(parent) != copied.frame(child));
    copied.start("kernel", "ksm_merge", 0, parent).finish("kernel");
    CHECK(copied.frame(parent) == copied.frame(child));
    copied.run("cpu0", "write").run("cpu2", "read");
    CHECK(copied.violated().empty());
}

TEST_CASE("untouched memory that was read twice is alike") {
    Scenario s("v6.2", room("anonymous untouched", "anonymous untouched"));
    s.run("cpu0", "read", 0).run("cpu0", "read", 1).run("kernel", "ksm_merge");
    CHECK(s.frame(parent, 0) == s.frame(parent, 1));
}

TEST_CASE("a reference keeps a page from being merged") {
    for (const std::string& design : all_designs)
        for (const std::string gup : {"gup(read, get)", "gup(write, get)", "gup(write, pin)"}) {
            CAPTURE(design);
            Scenario s(design, alike);
            s.run("cpu0", gup, 0).run("kernel", "ksm_merge", 0);
            CHECK(s.frame(parent, 0) != s.frame(parent, 1));
            CHECK(has(s, PteBit::writable, 0));
            CHECK(s.violated().empty());
        }
}

TEST_CASE("the last one who maps a KSM page may have it only from v5.1 to v5.8") {
    for (const auto& [named, reuses] : {std::pair{"v4.8", false},
                                        {"v5.7", true},
                                        {"v5.8", true},
                                        {"v5.9", false},
                                        {"v5.19", false},
                                        {"v7.2", false},
                                        {"arcangeli-2021", true},
                                        {"hildenbrand-2021", false}}) {
        const std::string design = named;  // clang 14 captures no structured binding
        CAPTURE(design);
        Scenario s(design, merged);
        const unsigned page = s.frame(parent, 0);
        s.run("cpu0", "munmap", 1).run("cpu0", "write", 0);
        CHECK((s.frame(parent, 0) == page) == reuses);
        CHECK(s.get(Field::ksm, s.frame(parent, 0)) == 0);
    }
}

TEST_CASE("but not while somebody has a reference") {
    Scenario s("v5.7", merged);
    const unsigned page = s.frame(parent, 0);
    s.run("cpu0", "munmap", 1).run("cpu0", "gup(read, get)", 0).run("cpu0", "write", 0);
    CHECK(s.frame(parent, 0) != page);
}

TEST_CASE("a long-term pin for reading takes the KSM page itself until v5.18") {
    for (const auto& [named, leaves] : {std::pair{"v5.7", false},
                                        {"v5.12", false},
                                        {"v5.18", false},
                                        {"hildenbrand-2021", false},
                                        {"v5.19", true},
                                        {"v6.2", true},
                                        {"arcangeli-2021-mm-sync", true}}) {
        const std::string design = named;  // clang 14 captures no structured binding
        CAPTURE(design);
        Scenario s(design, merged);
        const unsigned page = s.frame(parent, 0);
        s.run("cpu0", "gup(read, pin, longterm)", 0);
        CHECK((s.get(Field::pin_page, 0) != page) == leaves);
        s.run("cpu0", "write", 0);
        CHECK(s.violated("ro_pin_matches_mapping") == !leaves);
    }
}

TEST_CASE("a child shares the KSM page, and comes to have a page of its own") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        Scenario s(design, merged);
        s.run("cpu0", "fork");
        CHECK(s.get(Field::mapcount, s.frame(parent)) == 4);
        s.run("cpu2", "write").run("cpu0", "read").run("cpu2", "exit");
        CHECK(s.violated().empty());
    }
}

TEST_CASE("ksmd sees TLB flushes that others have yet to make since v4.13 (b3a81d0841a9)") {
    for (const auto& [named, lost] : {std::pair{"v4.8", true}, {"v5.7", false}}) {
        const std::string design = named;  // clang 14 captures no structured binding
        CAPTURE(design);
        Scenario s(design, half);
        s.run("cpu0", "read", 0);  // fills the TLB; the PTE is writable and dirty
        s.start("cpu1", "madvise_free", 0).until("cpu1", "flush tlb va");
        s.start("procfs", "clear_refs", 0, parent).until("procfs", "flush tlb");
        s.start("kernel", "ksm_merge", 0, parent).until("kernel", "if identical").step("kernel");
        s.run("cpu0", "write", 0);  // through the TLB, if its entry is still there
        s.finish("kernel").finish("cpu0").finish("cpu1").finish("procfs");
        s.run("cpu0", "read", 0);
        CHECK(s.violated("memory_is_coherent") == lost);
    }
}

TEST_CASE("the KSM page is mapped without the userfaultfd bit: a store goes unnoticed") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        Scenario s(design, half);
        s.run("monitor", "uffd_wp_protect", 0).run("kernel", "ksm_merge", 0);
        CHECK(s.frame(parent, 0) == s.frame(parent, 1));
        CHECK_FALSE(has(s, PteBit::uffd_wp, 0));
        s.run("cpu0", "write", 0);
        CHECK(s.violated("uffd_wp_no_missed_write"));
    }
}

// 088b8aa537c2: arm64 may satisfy the load of PageAnonExclusive before the second look at
// the PTE (088b8aa537c2). Here both are written in that order.
TEST_CASE("GUP-fast must look at the PTE again before it trusts PageAnonExclusive") {
    const std::string early = R"(
design trial extends v5.19
operation gup_fast(va, flags) {
    mm.has_pinned = true
    seq = read write_protect_seq
    if seq.odd { return gup(va, flags) }
    irqs off
    seen = pte
    if not seen.present { irqs on; return gup(va, flags) }
    page = seen.page
    if not try get page { irqs on; return gup(va, flags) }
    page.refcount += 1023
    exclusive = page.anon_exclusive
    if pte != seen { unpin page; irqs on; return gup(va, flags) }
    if not seen.writable and not exclusive { unpin page; irqs on; return gup(va, flags) }
    irqs on
    if seq.changed { unpin page; return gup(va, flags) }
    return page
}
)";
    Diagnostics out;
    auto wrong = try_compile(early, world_of("ksm-pin"), out);
    REQUIRE_MESSAGE(wrong, to_text(out));
    join_steps(*wrong);
    CHECK(explore(*wrong, 5).operations("unpin_finds_exclusive") == 5);
    CHECK(explore(compiled("v5.19", "ksm-pin", true), 5).holds("unpin_finds_exclusive"));
}

TEST_CASE("worlds without KSM and migration have nothing of them in their states") {
    const Program plain = compiled("v6.2", "default");
    CHECK_FALSE(plain.layout.has(Field::ksm));
    CHECK_FALSE(plain.orders_processes);
    CHECK(compiled("v6.2", "ksm").layout.has(Field::ksm));
    CHECK(compiled("v6.2", "migration").orders_processes);
}
