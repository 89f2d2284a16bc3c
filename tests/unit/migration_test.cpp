// Page migration: what the page tables hold meanwhile, who waits, and what comes back.
#include "tests/support/scenario.h"

#include <doctest/doctest.h>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

// Two CPUs of a parent, one of its child.
const std::string room = R"(
world room
title "a page that moves"
pages 1
frames 4
pins 2
munmap leaves nothing
process parent {
    cpus 2
    maps va 0 anonymous written
    may read, write, fork, munmap, exit, mprotect_read, mprotect_write
    may gup(read, get), gup(write, get), gup(write, pin), gup_fast(write, pin)
}
process child {
    starts free
    cpus 1
    may read, write, exit
}
monitor { may uffd_wp_protect, uffd_wp_resolve }
procfs { may clear_refs }
kernel { may migrate }
device { may dma_read, dma_write, unpin }
)";

constexpr unsigned parent = 0;
constexpr unsigned child = 1;

bool has(const Scenario& s, unsigned bit, unsigned mm = parent) { return (s.pte(mm) & bit) != 0; }

bool is_entry(const Scenario& s, unsigned mm = parent) { return is_migration_entry(s.pte(mm)); }

// Up to where all migration entries are there.
Scenario& unmapped(Scenario& s) {
    return s.start("kernel", "migrate", 0, parent).until("kernel", "if page.mapcount == 0");
}

}  // namespace

TEST_CASE("a page that nobody else has moves, and its content with it") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        Scenario s(design, room);
        const unsigned old = s.frame(parent);
        s.run("kernel", "migrate");
        CHECK(s.frame(parent) != old);
        CHECK(has(s, PteBit::writable));
        CHECK(s.get(Field::refcount, old) == 0);
        CHECK(s.get(Field::refcount, s.frame(parent)) == 1);
        CHECK(s.get(Field::mapcount, s.frame(parent)) == 1);
        s.run("cpu0", "read").run("cpu0", "write").run("cpu1", "read");
        CHECK(s.violated().empty());
    }
}

TEST_CASE("a shared page moves for all who map it") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        Scenario s(design, room);
        s.run("cpu0", "fork");
        unmapped(s);
        CHECK(is_entry(s, parent));
        CHECK(is_entry(s, child));
        CHECK_FALSE(has(s, PteBit::writable, parent));
        s.finish("kernel");
        CHECK(s.frame(parent) == s.frame(child));
        CHECK(s.get(Field::mapcount, s.frame(parent)) == 2);
        s.run("cpu0", "write").run("cpu2", "read");
        CHECK(s.violated().empty());
    }
}

TEST_CASE("whoever faults at a migration entry waits for the page's lock") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        Scenario s(design, room);
        unmapped(s);
        s.start("cpu0", "write").until("cpu0", "wait page");
        CHECK(s.waits("cpu0") == Blocked::lock);
        s.finish("kernel").finish("cpu0");
        CHECK(s.idle("cpu0"));
        CHECK(has(s, PteBit::writable));
        CHECK(s.violated().empty());
    }
}

TEST_CASE("the reference of a waiter made migration fail until v5.16") {
    for (const auto& [design, moves] : {std::pair{"v5.12", false}, {"v5.18", true}}) {
        Scenario s(design, room);
        const unsigned old = s.frame(parent);
        unmapped(s);
        s.start("cpu0", "write").until("cpu0", moves ? "wait page" : "put page");
        s.step("kernel");  // looks at the counts
        s.finish("cpu0").finish("kernel");
        CHECK((s.frame(parent) != old) == moves);
    }
}

TEST_CASE("a reference keeps the page where it is, and the PTE comes back as it was") {
    for (const std::string& design : all_designs)
        for (const std::string gup : {"gup(write, get)", "gup(write, pin)"}) {
            CAPTURE(design);
            Scenario s(design, room);
            const unsigned old = s.frame(parent);
            s.run("cpu0", gup).run("kernel", "migrate");
            CHECK(s.frame(parent) == old);
            CHECK(has(s, PteBit::writable));
            s.run("cpu0", "write").run("device", "dma_write").run("cpu0", "read");
            CHECK(s.violated().empty());
        }
}

TEST_CASE("since v5.19 a pinned page is not even unmapped") {
    for (const auto& [design, unmaps] :
         {std::pair{"v5.7", true}, {"v5.12", true}, {"v5.19", false}, {"v7.2", false}}) {
        Scenario s(design, room);
        s.run("cpu0", "gup(write, pin)");
        unmapped(s);
        CHECK(is_entry(s) == unmaps);
        s.finish("kernel");
        CHECK(s.violated().empty());
    }
}

TEST_CASE("fork shares a pinned page that is under migration until v5.18") {
    for (const auto& [named, shares] :
         {std::pair{"v5.9", true}, {"v5.12", true}, {"v5.18", true}, {"v5.19", false}}) {
        const std::string design = named;  // clang 14 captures no structured binding
        CAPTURE(design);
        Scenario s(design, room);
        s.run("cpu0", "gup(write, pin)");
        unmapped(s);
        s.run("cpu0", "fork").finish("kernel");
        CHECK((s.frame(parent) == s.frame(child)) == shares);
        s.run("cpu0", "write");
        CHECK(s.violated("rw_pin_matches_mapping") == shares);
    }
}

TEST_CASE("what fork has shared comes back read-only, and nobody's alone") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        Scenario s(design, room);
        unmapped(s);
        s.run("cpu0", "fork");
        CHECK_FALSE(has(s, PteBit::writable, parent));
        CHECK_FALSE(has(s, PteBit::writable, child));
        s.finish("kernel");
        CHECK(s.frame(parent) == s.frame(child));
        CHECK(s.get(Field::anon_exclusive, s.frame(parent)) == 0);
        s.run("cpu0", "write").run("cpu2", "read");
        CHECK(s.violated().empty());
    }
}

TEST_CASE("munmap and exit take a migration entry with them") {
    for (const std::string operation : {"munmap", "exit"}) {
        Scenario s("v6.2", room);
        unmapped(s);
        const std::string thread = operation == "exit" ? "cpu2" : "cpu0";
        if (operation == "exit") s.run("cpu0", "fork");
        s.run(thread, operation).finish("kernel");
        CHECK(s.pte(operation == "exit" ? child : parent) == 0);
        CHECK(s.violated().empty());
        unsigned references = 0;
        for (unsigned f = 0; f < 4; ++f) references += s.get(Field::refcount, f);
        CHECK(references == (operation == "exit" ? 1 : 0));
    }
}

TEST_CASE("write protection that comes meanwhile stays") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        Scenario protect(design, room);
        unmapped(protect).run("monitor", "uffd_wp_protect").finish("kernel");
        CHECK_FALSE(has(protect, PteBit::writable));
        CHECK(has(protect, PteBit::uffd_wp));
        Scenario read_only(design, room);
        unmapped(read_only).run("cpu0", "mprotect_read").finish("kernel");
        CHECK_FALSE(has(read_only, PteBit::writable));
    }
}

TEST_CASE("and the page is still exclusive") {
    for (const std::string design : {"v5.19", "v6.2", "v7.2"}) {
        CAPTURE(design);
        Scenario s(design, room);
        unmapped(s).run("monitor", "uffd_wp_protect").finish("kernel");
        CHECK(s.get(Field::anon_exclusive, s.frame(parent)) == 1);
    }
}

TEST_CASE("clear_refs leaves a writable migration entry writable, so a store is missed") {
    // From v6.1 on the dirty bit comes back, and with it on x86 the soft-dirty bit, until v6.9
    // restores that exactly.
    for (const auto& [named, missed] : {std::pair{"v5.12", true},
                                        {"v5.19", true},
                                        {"v6.1", false},
                                        {"v6.7", false},
                                        {"v6.12", true},
                                        {"v7.3", true}}) {
        const std::string design = named;  // clang 14 captures no structured binding
        CAPTURE(design);
        Scenario s(design, room);
        unmapped(s).run("procfs", "clear_refs").finish("kernel");
        s.run("cpu0", "write");
        CHECK(s.violated("soft_dirty_no_missed_write") == missed);
    }
}

TEST_CASE("a process can't be gone while the walk over a page's mappings is there") {
    Scenario s("v6.2", room);
    s.run("cpu0", "fork");
    s.start("kernel", "migrate", 0, parent);
    s.start("cpu2", "exit");
    while (s.get(Field::op_mm, s.program().layout.size(Scope::thread) - 1) != child)
        s.step("kernel");
    while (s.waits("cpu2") == Blocked::no && !s.idle("cpu2")) s.step("cpu2");
    CHECK_FALSE(s.idle("cpu2"));
    s.finish("kernel").finish("cpu2");
    CHECK(s.idle("cpu2"));
    CHECK(s.violated().empty());
}
