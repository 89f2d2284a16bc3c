// Kinds of memory, and what processes and the kernel do to it: each in a schedule of a
// few steps.
#include "tests/support/scenario.h"

#include <doctest/doctest.h>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

// Two CPUs of a parent, one of its child; frames 0 to 2 can be allocated.
std::string room(const std::string& memory, const std::string& settings = "") {
    return "world room\ntitle \"one page of it\"\npages 1\nframes 3\npins 1\n" + settings +
           "munmap leaves fresh mapping\nprocess parent {\n    cpus 2\n    maps va 0 " + memory +
           R"(
    may read, write, fork, munmap, madvise_dontneed, mprotect_read, mprotect_write
    may gup(read, get), gup(write, pin), gup(read, pin, longterm), gup_fast(read, pin, longterm)
}
process child {
    starts free
    cpus 1
    may read, write, exit
}
kernel { may speculative_get }
procfs { may clear_refs }
device { may dma_read, dma_write, unpin }
)";
}

constexpr unsigned parent = 0;
constexpr unsigned child = 1;
constexpr unsigned file_page = 3;  // after the frames

bool has(const Scenario& s, unsigned bit, unsigned mm = parent) { return (s.pte(mm) & bit) != 0; }

}  // namespace

TEST_CASE("a file's page is mapped read-only, and a store copies it") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        Scenario s(design, room("memfd"));
        CHECK(s.frame(parent) == file_page);
        CHECK_FALSE(has(s, PteBit::writable));
        CHECK(s.get(Field::refcount, file_page) == 2);  // the page cache's and the mapping's
        s.run("cpu0", "write");
        CHECK(s.frame(parent) != file_page);
        CHECK(has(s, PteBit::writable));
        CHECK(s.get(Field::refcount, file_page) == 1);
        CHECK(s.get(Field::mapcount, file_page) == 0);
        CHECK(s.get(Field::zeroed, file_page) == 1);
        CHECK(s.violated().empty());
    }
}

TEST_CASE("memory of a file that is mapped afresh shows the file again") {
    Scenario s("v6.2", room("tmpfile"));
    s.run("cpu0", "write").run("cpu0", "munmap").run("cpu0", "read");
    CHECK(s.frame(parent) == file_page);
    CHECK(s.violated().empty());
}

TEST_CASE("a write fault at untouched memory of a file copies at once") {
    Scenario s("v5.19", room("memfd untouched"));
    s.run("cpu0", "write");
    CHECK(s.frame(parent) != file_page);
    CHECK(s.get(Field::refcount, file_page) == 1);
    CHECK(s.get(Field::anon_exclusive, s.frame(parent)) == 1);
}

TEST_CASE("a store that reaches the file's page is found") {
    Diagnostics out;
    auto program = try_compile(R"(
design trial extends v6.2
handler wp_page_copy(va, page, orig, unshare) {
    pte = pte with { writable, dirty, soft_dirty }
    unlock ptl
}
)",
                               world_of(room("memfd")), out);
    REQUIRE_MESSAGE(program, to_text(out));
    Scenario s(std::move(*program));
    s.run("cpu0", "write");
    CHECK(s.violated("backing_is_unchanged"));
}

TEST_CASE("hugetlb reuses what nobody else maps, whoever holds a reference") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        Scenario s(design, room("hugetlb written"));
        const unsigned page = s.frame(parent);
        s.run("cpu0", "fork").run("cpu2", "exit").run("cpu0", "gup(read, get)");
        s.run("cpu0", "write");
        CHECK(s.frame(parent) == page);
    }
}

TEST_CASE("fork copies a pinned huge page from v5.12 on") {
    for (const auto& [design, copied] :
         {std::pair{"v5.9", false}, {"v5.12", true}, {"v5.19", true}, {"v6.2", true}}) {
        Scenario s(design, room("hugetlb written"));
        s.run("cpu0", "gup(write, pin)").run("cpu0", "fork");
        CHECK((s.frame(parent) != s.frame(child)) == copied);
    }
}

TEST_CASE("a long-term pin for reading moves the page off a file from v6.2 on") {
    for (const std::string gup : {"gup(read, pin, longterm)", "gup_fast(read, pin, longterm)"})
        for (const auto& [memory, settings] : {std::pair{"memfd", ""}, {"memfd hugetlb", ""}})
            for (const auto& [design, moves] : {std::pair{"v6.1", false}, {"v6.2", true}}) {
                Scenario s(design, room(memory, settings));
                s.run("cpu0", gup);
                CHECK((s.get(Field::pin_page, 0) < file_page) == moves);
                CHECK(s.get(Field::pin_page, 0) == s.frame(parent));
                CHECK_FALSE(has(s, PteBit::writable));
            }
}

TEST_CASE("what is faulted in beside MADV_DONTNEED stays what the process should read") {
    Scenario s("v6.2", room("anonymous written"));
    const unsigned old = s.frame(parent);
    s.run("cpu1", "read");  // a TLB entry that is stale soon
    s.start("cpu0", "madvise_dontneed").until("cpu0", "flush tlb va");
    s.run("cpu1", "read");
    CHECK(s.violated().empty());  // the program's own race
    s.finish("cpu0");
    s.run("cpu1", "write").run("cpu0", "read");
    CHECK(s.violated().empty());
    CHECK(s.get(Field::expected, s.frame(parent)) == 1);
    CHECK(s.get(Field::refcount, old) <= 1);
}

TEST_CASE("a store to the new page while MADV_DONTNEED has yet to flush counts") {
    Scenario s("v6.2", room("anonymous written"));
    s.start("cpu0", "madvise_dontneed").until("cpu0", "flush tlb va");
    s.run("cpu1", "write");
    CHECK(s.get(Field::expected, s.frame(parent)) == 1);
    s.finish("cpu0").run("cpu0", "read");
    CHECK(s.violated().empty());
}

TEST_CASE("without VM_WRITE a store does nothing and GUP for writing fails") {
    Scenario s("v6.2", room("anonymous written"));
    s.run("cpu0", "mprotect_read");
    CHECK_FALSE(has(s, PteBit::writable));
    s.run("cpu0", "write").run("cpu0", "gup(write, pin)");
    CHECK_FALSE(has(s, PteBit::writable));
    CHECK(s.get(Field::pin_state, 0) == 0);
    s.run("cpu0", "fork");
    CHECK(s.get(Field::read_only, child) == 1);
}

TEST_CASE("breaking COW for a reader gives no write bit without VM_WRITE") {
    for (const std::string design : {"xu-2020-v2", "xu-2020-v3", "xu-2020-v3-intended"}) {
        CAPTURE(design);
        Scenario s(design, room("anonymous written"));
        s.run("cpu0", "madvise_dontneed").run("cpu0", "mprotect_read");
        s.start("cpu0", "gup(read, get)").until("cpu0", "unlock ptl").step("cpu0");
        s.run("cpu1", "read").finish("cpu0");
        CHECK(s.frame(parent) == s.get(Field::pin_page, 0));
        CHECK(has(s, PteBit::dirty));
        CHECK_FALSE(has(s, PteBit::writable));
    }
}

TEST_CASE("mprotect makes the PTE of an exclusive page writable from v6.0 on") {
    for (const auto& [design, upgrades] :
         {std::pair{"v5.7", false}, {"v5.12", false}, {"v5.19", false}, {"v6.1", true}}) {
        Scenario s(design, room("anonymous written"));
        s.run("cpu0", "mprotect_read").run("cpu0", "mprotect_write");
        CHECK(has(s, PteBit::writable) == upgrades);
    }
}

TEST_CASE("but not if the page is shared, or clear_refs waits for the next store") {
    Scenario shared("v6.2", room("anonymous written"));
    shared.run("cpu0", "fork").run("cpu0", "mprotect_read").run("cpu0", "mprotect_write");
    CHECK_FALSE(has(shared, PteBit::writable));
    Scenario tracked("v6.2", room("anonymous written"));
    tracked.run("cpu0", "mprotect_read").run("procfs", "clear_refs").run("cpu0", "mprotect_write");
    CHECK_FALSE(has(tracked, PteBit::writable));
}

TEST_CASE("a reference on suspicion makes the next store copy, unless the page is exclusive") {
    for (const auto& [design, copies] :
         {std::pair{"v5.7", false}, {"v5.9", true}, {"v5.12", true}, {"v5.19", false}}) {
        Scenario s(design, room("anonymous written"));
        const unsigned page = s.frame(parent);
        s.run("procfs", "clear_refs");
        s.start("kernel", "speculative_get", 0, parent).until("kernel", "put page");
        s.run("cpu0", "write");
        CHECK((s.frame(parent) != page) == copies);
        s.finish("kernel");
        CHECK(s.violated("refcount_is_sound") == false);
    }
}

TEST_CASE("fork leaves out what has MADV_DONTFORK, and takes it again after MADV_DOFORK") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        const std::string room =
            "world room\ntitle \"MADV_DONTFORK\"\npages 2\nframes 4\npins 1\n"
            "munmap leaves nothing\nprocess parent {\n    cpus 2\n"
            "    maps va 0 anonymous written\n    maps va 1 anonymous written\n"
            "    may write, fork, madvise_dontfork, madvise_dofork\n"
            "    may gup(write, pin)\n}\n"
            "process child { starts free; cpus 1; may read, exit }\n"
            "device { may dma_write, unpin }\n";
        Scenario s(design, room);
        s.run("cpu0", "gup(write, pin)", 1).run("cpu0", "madvise_dontfork", 1).run("cpu0", "fork");
        CHECK(s.get(Field::mapped, s.program().layout.pte_index(child, 0)) == 1);
        CHECK(s.get(Field::mapped, s.program().layout.pte_index(child, 1)) == 0);
        CHECK(s.pte(child, 1) == 0);
        CHECK((s.pte(parent, 1) & PteBit::writable) != 0);
        s.run("cpu0", "write", 1).run("device", "dma_write");
        s.run("cpu2", "read").run("cpu2", "exit");
        CHECK(s.violated().empty());
        s.run("cpu0", "madvise_dofork", 1).run("cpu0", "fork");
        CHECK(s.get(Field::mapped, s.program().layout.pte_index(child, 1)) == 1);
        CHECK((s.pte(child, 1) & PteBit::present) != 0);
    }
    CHECK_FALSE(compiled("v6.2", "default").layout.has(Field::dont_copy));
}

TEST_CASE("a world without mprotect has no bit for it in its states") {
    CHECK_FALSE(compiled("v6.2", "default").layout.has(Field::read_only));
    CHECK(compiled("v6.2", "mprotect").layout.has(Field::read_only));
    CHECK(compiled("v6.2", "unshare-race-hugetlb").layout.has(Field::giving_up));
    CHECK(compiled("v6.2", "child-exit").layout.stride[static_cast<std::size_t>(Scope::pte)] == 1);
}
