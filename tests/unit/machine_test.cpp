// What one step does: hardware, locks, counts and ghosts, each in a schedule of a few
// steps.
#include "tests/support/scenario.h"

#include <doctest/doctest.h>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

// Two CPUs of a parent (cpu0, cpu1), one of its child (cpu2). Frame 0 is the parent's.
std::string room(const std::string& arch = "x86", unsigned frames = 3) {
    return "world room\ntitle \"everything, one page\"\narch " + arch + "\npages 1\nframes " +
           std::to_string(frames) + R"(
pins   2
munmap leaves fresh mapping
process parent {
    cpus 2
    maps va 0 anonymous written
    may read, write, fork, munmap, exit
    may gup(read, get), gup(write, get), gup(write, pin), gup_fast(write, pin)
}
process child {
    starts free
    cpus 1
    may read, write, munmap, exit
}
monitor { may uffd_wp_protect, uffd_wp_resolve }
procfs  { may clear_refs }
device  { may dma_read, dma_write, unpin }
)";
}

Program trial(const std::string& text, const std::string& world) {
    Diagnostics out;
    auto program = try_compile(text, world_of(world), out);
    REQUIRE_MESSAGE(program, to_text(out));
    return *program;
}

constexpr unsigned parent = 0;
constexpr unsigned child = 1;

bool writable(const Scenario& s, unsigned mm) { return (s.pte(mm) & PteBit::writable) != 0; }
bool dirty(const Scenario& s, unsigned mm) { return (s.pte(mm) & PteBit::dirty) != 0; }

}  // namespace

TEST_CASE("a load fills the TLB in one step and goes through it in the next") {
    Scenario s("v6.2", room());
    s.start("cpu0", "read");
    CHECK(s.get(Field::tlb_valid, 0) == 1);
    CHECK(s.get(Field::tlb_page, 0) == s.frame(parent));
    CHECK_FALSE(s.idle("cpu0"));
    s.step("cpu0");
    CHECK(s.idle("cpu0"));
    s.start("cpu0", "read");  // the entry is still there
    CHECK(s.idle("cpu0"));
    CHECK(s.get(Field::tlb_valid, 1) == 0);  // cpu1 has a TLB of its own
}

TEST_CASE("a store through an entry that permits none walks the page table again") {
    Scenario s("v6.2", room());
    s.run("cpu0", "fork").run("cpu0", "read");
    CHECK(s.get(Field::tlb_writable, 0) == 0);
    s.start("cpu0", "write");  // neither the entry nor the PTE permits it: a fault
    CHECK_FALSE(s.idle("cpu0"));
    CHECK(s.next_statement("cpu0") == "lock mmap_lock for reading");
    s.finish("cpu0");
    CHECK(writable(s, parent));
    CHECK(s.get(Field::tlb_writable, 0) == 1);
    CHECK(s.frame(parent) != s.frame(child));
}

TEST_CASE("the walk for a store sets the dirty bit; the entry permits stores only if it is set") {
    Scenario s("v6.2", room());
    s.set(Field::pte, 0, s.pte(parent) & ~unsigned{PteBit::dirty});
    s.run("cpu0", "read");
    CHECK(s.get(Field::tlb_writable, 0) == 0);
    CHECK_FALSE(dirty(s, parent));
    s.run("cpu0", "write");
    CHECK(dirty(s, parent));
    CHECK(s.get(Field::tlb_writable, 0) == 1);
}

TEST_CASE("a stale TLB entry lets stores through until the flush") {
    Scenario s("v5.12", room());
    s.run("cpu0", "write").start("procfs", "clear_refs", 0, parent);
    s.until("procfs", "flush tlb");
    CHECK_FALSE(writable(s, parent));
    s.start("cpu0", "write");
    CHECK(s.idle("cpu0"));
    s.step("procfs");
    CHECK(s.get(Field::tlb_valid, 0) == 0);
    s.start("cpu0", "write");
    CHECK_FALSE(s.idle("cpu0"));
    CHECK(s.violated().empty());
}

TEST_CASE("a page that is free is not anonymous, wherever all memory is") {
    const std::string munmap = R"(
design trial extends v6.2
operation munmap(va) {
    lock mmap_lock for writing
    detach vma(va)
    lock ptl
    page = pte.page
    pte = none
    page.mapcount -= 1
    flush tlb va
    unlock ptl
    put page
    assert page.anon "somebody still had it"
    unlock mmap_lock
}
)";
    CHECK(explore(trial(munmap, room()), 1).operations("assertion") == 1);
}

TEST_CASE("a flush waits for a CPU with interrupts off on x86, and does not on arm64") {
    for (const bool x86 : {true, false}) {
        CAPTURE(x86);
        Scenario s("v6.2", room(x86 ? "x86" : "arm64"));
        s.start("cpu1", "gup_fast(write, pin)").until("cpu1", "seen = pte");  // in irqs off
        s.start("procfs", "clear_refs", 0, parent).until("procfs", "flush tlb");
        CHECK(s.waits("procfs") == (x86 ? Blocked::interrupts : Blocked::no));
        s.finish("cpu1").finish("procfs");
        CHECK(s.idle("procfs"));
    }
}

TEST_CASE("no flush waits for a CPU of another process") {
    Scenario s("v6.2", room());
    s.run("cpu0", "fork").start("cpu1", "gup_fast(write, pin)").until("cpu1", "seen = pte");
    s.start("cpu2", "munmap").until("cpu2", "flush tlb va");
    CHECK(s.waits("cpu2") == Blocked::no);
}

TEST_CASE("ptl is one lock a process, and mmap_lock is shared by readers only") {
    Scenario s("v6.2", room());
    s.run("cpu0", "fork");
    s.start("cpu0", "gup(write, pin)").until("cpu0", "page = pte.page");  // ptl, mmap_lock read
    s.start("monitor", "uffd_wp_protect", 0, parent).until("monitor", "lock ptl");
    CHECK(s.get(Field::mmap_readers, parent) == 2);
    CHECK(s.waits("monitor") == Blocked::lock);
    s.start("cpu2", "munmap").until("cpu2", "zap pte");  // the child has locks of its own
    CHECK(s.get(Field::ptl, child) == 1);
    s.finish("cpu0");
    CHECK(s.waits("monitor") == Blocked::no);
    s.finish("monitor").finish("cpu2");
    CHECK(s.get(Field::mmap_readers, parent) == 0);
    CHECK(s.violated().empty());
}

TEST_CASE("a writer of mmap_lock keeps faults out, not stores through the TLB") {
    Scenario s("v6.2", room());
    s.run("cpu0", "write").start("procfs", "clear_refs", 0, parent);
    CHECK(s.get(Field::mmap_writer, parent) == 1);
    s.start("cpu0", "write");
    CHECK(s.idle("cpu0"));
    s.until("procfs", "mm.tlb_flush_pending -= 1");  // flushed, mmap_lock still held
    s.start("cpu0", "write");
    CHECK(s.next_statement("cpu0") == "lock mmap_lock for reading");
    CHECK(s.waits("cpu0") == Blocked::lock);
    s.finish("procfs").finish("cpu0");
    CHECK(s.idle("cpu0"));
}

TEST_CASE("zapping a PTE detaches the pins on it, and they promise nothing more") {
    Scenario s("v6.2", room());
    s.run("cpu0", "gup(write, pin)");
    CHECK(s.get(Field::pin_attached, 0) == 1);
    s.start("cpu0", "munmap").until("cpu0", "zap pte").step("cpu0");
    CHECK(s.get(Field::pin_attached, 0) == 0);
    s.finish("cpu0").run("cpu0", "write").run("device", "dma_write").run("cpu0", "read");
    CHECK(s.frame(parent) != s.get(Field::pin_page, 0));
    CHECK(s.violated().empty());
}

TEST_CASE("the mapcount goes before the flush of a zap, the reference after it") {
    Scenario s("v6.2", room());
    s.run("cpu0", "gup(read, get)").start("cpu0", "munmap").until("cpu0", "flush tlb va");
    CHECK(s.get(Field::mapcount, 0) == 0);
    CHECK(s.get(Field::refcount, 0) == 2);
    s.finish("cpu0");
    CHECK(s.get(Field::refcount, 0) == 1);
}

TEST_CASE("a page goes back to the allocator with its last reference") {
    Scenario s("v6.2", room());
    s.run("cpu0", "gup(write, pin)");
    CHECK(s.get(Field::refcount, 0) == 1025);
    s.run("cpu0", "munmap");
    CHECK(s.get(Field::refcount, 0) == 1024);
    CHECK(s.get(Field::kind, 0) == static_cast<unsigned>(PageKind::anonymous));
    s.run("device", "unpin");
    CHECK(s.get(Field::kind, 0) == static_cast<unsigned>(PageKind::free));
    CHECK(s.get(Field::entitled, 0) == 0);
    CHECK(s.violated().empty());
}

TEST_CASE("a page that gets free comes back with new content, and nobody sees the old") {
    Scenario s("v6.2", room("x86", 1));  // a single frame
    s.run("cpu0", "munmap").run("cpu0", "write");
    CHECK(s.frame(parent) == 0);
    s.run("cpu0", "read");
    CHECK(s.violated().empty());
}

TEST_CASE("whoever needs a frame when there is none waits") {
    Scenario s("v6.2", room("x86", 1));
    s.run("cpu0", "gup(read, get)").run("cpu0", "munmap").run("cpu0", "write");
    CHECK_FALSE(s.idle("cpu0"));
    CHECK(s.waits("cpu0") == Blocked::frames);
    s.run("device", "unpin").finish("cpu0");
    CHECK(s.idle("cpu0"));
}

TEST_CASE("dropping a reference that nobody had is an underflow") {
    Scenario s(trial(R"(
design trial extends v6.2
operation unpin(page, flags) { atomic { put page; unpin page } }
)",
                     room()));
    s.run("cpu0", "gup(write, pin)").run("device", "unpin");
    CHECK(s.violated("refcount_is_sound"));
}

TEST_CASE("a count that gets larger than a state keeps of it is an overflow, and stays") {
    Scenario s(trial(R"(
design trial extends v6.2
operation munmap(va) { atomic { page = pte.page; page.mapcount += 14; page.mapcount += 1 } }
)",
                     room()));
    s.run("cpu0", "munmap");
    CHECK(s.violated("refcount_is_sound"));
    CHECK(s.get(Field::mapcount, s.frame(parent)) == 15);
}

TEST_CASE("counts of threads have room for all threads of the world") {
    Layout layout;
    for (const Field field : {Field::mmap_readers, Field::tlb_flush_pending}) {
        layout.count[static_cast<std::size_t>(Scope::thread)] = Limits::threads - 1;
        CHECK(layout.largest(field) == 7);
        layout.count[static_cast<std::size_t>(Scope::thread)] = Limits::threads;
        CHECK(layout.largest(field) == 15);
    }
    CHECK(layout.largest(Field::mapcount) == 15);
    CHECK(layout.largest(Field::vma_readers) == 0);  // states of this world have none
}

TEST_CASE(
    "whatever is asked, a page that is freed in use, or taken when free, is counted wrongly") {
    const auto counts_wrongly = [](const std::string& gup, const std::string& unpin) {
        Scenario s(trial("design trial extends v6.2\noperation unpin(page, flags) { atomic { " +
                             unpin + " } }",
                         room()));
        s.run("cpu0", gup).run("device", "unpin");
        return s.violated("counting");
    };
    CHECK_FALSE(counts_wrongly("gup(write, get)", "put page"));
    CHECK(counts_wrongly("gup(write, get)", "put page; put page"));
    CHECK_FALSE(counts_wrongly("gup(write, get)", "page.refcount -= 2; page.refcount += 1"));
    CHECK(counts_wrongly("gup(write, get)", "page.refcount -= 3"));
    CHECK(counts_wrongly("gup(write, get)", "put page; put page; get page"));
}

TEST_CASE("a count of a process that gets too small is its own, and no page's") {
    Scenario s(trial(R"(
design trial extends v6.2
operation munmap(va) { mm.tlb_flush_pending -= 1 }
)",
                     room()));
    s.run("cpu0", "munmap");
    CHECK(s.violated("refcount_is_sound"));
    CHECK(s.get(Field::tlb_flush_pending, parent) == 0);
}

TEST_CASE("freeing a page that is mapped is found at once") {
    Scenario s(trial(R"(
design trial extends v6.2
operation unpin(page, flags) { put page }
)",
                     room()));
    s.run("cpu0", "gup(write, get)").run("device", "unpin");
    CHECK_FALSE(s.violated("refcount_is_sound"));
    s.run("cpu0", "gup(write, pin)");
    s.run("device", "unpin");
    CHECK(s.violated("refcount_is_sound"));
}

TEST_CASE("a child is entitled to what its parent's memory held when fork ended") {
    Scenario s("v6.2", room());
    const auto entitled = [&](unsigned page, unsigned mm) {
        return (s.get(Field::entitled, page) >> mm & 1U) != 0;
    };
    s.run("cpu1", "write").start("cpu0", "fork").until("cpu0", "flush tlb");
    s.start("cpu1", "write");  // a stale entry: before the flush, so the child may see it
    CHECK(s.idle("cpu1"));
    CHECK_FALSE(entitled(0, child));
    s.finish("cpu0");
    CHECK(entitled(0, child));
    s.run("cpu2", "read");
    CHECK(s.violated().empty());
    s.run("cpu0", "write");  // goes to a copy
    CHECK(entitled(s.frame(parent), parent));
    CHECK_FALSE(entitled(s.frame(parent), child));
}

TEST_CASE("a fork that shares a page crosses the FOLL_GET references to it") {
    Scenario s("v6.2", room());
    s.run("cpu0", "gup(write, get)");
    CHECK(s.can_start("device", "dma_write"));
    s.run("cpu0", "fork");
    CHECK(s.get(Field::pin_crossed, 0) == 1);
    CHECK_FALSE(s.can_start("device", "dma_write"));
    CHECK(s.can_start("device", "dma_read"));
}

TEST_CASE("fork copies a pinned page at once, and the child is to read what the copy caught") {
    Scenario s("v6.2", room());
    s.run("cpu0", "gup(write, pin)").run("cpu0", "fork");
    CHECK(s.frame(parent) == s.get(Field::pin_page, 0));
    CHECK(s.frame(child) != s.frame(parent));
    CHECK(writable(s, parent));
    s.run("device", "dma_write").run("cpu2", "read").run("cpu0", "read");
    CHECK(s.violated().empty());
}

TEST_CASE("a store to a protected page reports a userfault, gives mmap_lock back and sleeps") {
    Scenario s("v6.2", room());
    s.start("monitor", "uffd_wp_protect", 0, parent).finish("monitor");
    CHECK(s.get(Field::wp_armed, 0) == 2);
    s.run("cpu0", "write");
    CHECK(s.waits("cpu0") == Blocked::userfault);
    CHECK(s.get(Field::mmap_readers, parent) == 0);
    s.start("monitor", "uffd_wp_resolve", 0, parent).finish("monitor");
    CHECK(s.waits("cpu0") == Blocked::no);
    s.finish("cpu0");
    CHECK(s.idle("cpu0"));
    CHECK(writable(s, parent));
    CHECK(s.violated().empty());
}

TEST_CASE("clear_refs promises from its return on, and a store after it is recorded") {
    Scenario s("v6.2", room());
    s.run("cpu0", "write").start("procfs", "clear_refs", 0, parent).until("procfs", "flush tlb");
    CHECK(s.get(Field::soft_dirty_armed, parent) == 0);
    s.finish("procfs");
    CHECK(s.get(Field::soft_dirty_armed, parent) == 1);
    CHECK((s.pte(parent) & PteBit::soft_dirty) == 0);
    s.run("cpu0", "write");
    CHECK((s.pte(parent) & PteBit::soft_dirty) != 0);
    CHECK(s.violated().empty());
}

TEST_CASE("write_protect_seq tells GUP-fast that fork ran in between") {
    Scenario s("v6.2", room());
    s.start("cpu1", "gup_fast(write, pin)").until("cpu1", "irqs off");
    s.run("cpu0", "fork").finish("cpu1");
    CHECK(s.idle("cpu1"));
    CHECK(s.get(Field::pin_page, 0) == s.frame(parent));
    CHECK(s.frame(parent) != s.frame(child));
    CHECK(s.violated().empty());
}

TEST_CASE("a process that exits leaves its slot free, and its pins to nobody") {
    Scenario s("v6.2", room());
    s.run("cpu0", "fork").run("cpu0", "gup(write, pin)").run("cpu0", "exit");
    CHECK(s.get(Field::life, parent) == static_cast<unsigned>(Life::free));
    CHECK(s.get(Field::pin_owned, 0) == 0);
    CHECK_FALSE(s.can_start("cpu0", "read"));
    CHECK(s.can_start("cpu2", "read"));
    s.run("device", "dma_write").run("device", "unpin").run("cpu2", "read");
    CHECK(s.violated().empty());
}

TEST_CASE("exit waits until nobody else works on the process") {
    Scenario s("v6.2", room());
    s.start("monitor", "uffd_wp_protect", 0, parent);
    CHECK_FALSE(s.can_start("cpu0", "exit"));
    s.finish("monitor");
    CHECK(s.can_start("cpu0", "exit"));
}
