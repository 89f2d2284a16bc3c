// Asynchronous userfaultfd, per-VMA locks, UFFDIO_CONTINUE, LRU batches, pins of the
// zeropage: rules that came, or went, with one kernel.
#include "model/compile/applicable.h"
#include "tests/support/scenario.h"

#include <doctest/doctest.h>

#include <optional>
#include <set>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

std::string world(const std::string& settings, const std::string& memory,
                  const std::string& services) {
    return "world modes\ntitle \"one page\"\npages 1\nframes 3\npins 1\n"
           "munmap leaves fresh mapping\n" +
           settings + "process parent {\n    cpus 2\n    maps va 0 " + memory + R"(
    may read, write, fork, munmap, madvise_dontneed, mprotect_read
    may gup(read, pin), gup(read, pin, longterm), gup_fast(read, pin), gup_force(write, get)
}
process child {
    starts free
    cpus 1
    may read, write, exit
}
)" + services;
}

constexpr unsigned parent = 0;
constexpr unsigned child = 1;
constexpr unsigned backing = 3;  // the frame behind the ones that are allocated

bool has(const Scenario& s, unsigned bit, unsigned mm = parent) { return (s.pte(mm) & bit) != 0; }

const std::string async = world("uffd wp_async\n", "anonymous written",
                                "monitor { may uffd_wp_protect }\nprocfs { may pagemap_scan }\n");

}  // namespace

TEST_CASE("an asynchronous write fault takes the protection away and tells nobody") {
    Scenario s("v6.7", async);
    s.run("monitor", "uffd_wp_protect");
    CHECK(has(s, PteBit::uffd_wp));
    CHECK_FALSE(has(s, PteBit::writable));
    s.run("cpu0", "write");
    CHECK(s.idle("cpu0"));
    CHECK_FALSE(has(s, PteBit::uffd_wp));
    CHECK(s.violated().empty());
}

TEST_CASE("before v6.7 there is neither UFFD_FEATURE_WP_ASYNC nor PAGEMAP_SCAN") {
    const auto absent_in = [](const std::string& design) {
        Diagnostics out;
        std::set<std::string> names;
        for (const Absent& one :
             not_applicable(*builtin_library().design(design, out), world_of(async)))
            names.insert(to_text(one.item));
        return names;
    };
    CHECK(absent_in("v6.5") == std::set<std::string>{"uffd_wp_protect", "pagemap_scan"});
    CHECK(absent_in("v6.7").empty());
}

TEST_CASE("PAGEMAP_SCAN protects what was written, and a store after it is recorded") {
    Scenario s("v6.7", async);
    s.run("cpu1", "write").run("procfs", "pagemap_scan");
    CHECK(has(s, PteBit::uffd_wp));
    CHECK(s.get(Field::tlb_valid, 1) == 0);  // flushed under ptl
    s.run("cpu1", "write");
    CHECK_FALSE(has(s, PteBit::uffd_wp));
    s.run("procfs", "pagemap_scan");  // the next round
    CHECK(has(s, PteBit::uffd_wp));
    CHECK(s.violated().empty());
}

TEST_CASE("a scan that flushes too late misses a store through the TLB") {
    Diagnostics out;
    const auto program = try_compile(R"(
design trial extends v6.7
operation pagemap_scan(va) {
    lock ptl
    if pte.present { pte = pte with { writable = false, uffd_wp } }
    unlock ptl
}
)",
                                     world_of(async), out);
    REQUIRE_MESSAGE(program, to_text(out));
    Scenario s(*program);
    s.run("cpu0", "write").run("procfs", "pagemap_scan").run("cpu0", "write");
    CHECK(s.violated("uffd_wp_no_missed_write"));
}

TEST_CASE("with UFFD_FEATURE_EVENT_FORK a child's stores are reported, without it they are not") {
    for (const std::string settings : {"", "uffd event_fork\n"}) {
        CAPTURE(settings);
        Scenario s("v6.2", world(settings, "anonymous written",
                                 "monitor { may uffd_wp_protect, uffd_wp_resolve }\n"));
        s.run("monitor", "uffd_wp_protect").run("cpu0", "fork").run("cpu2", "write");
        CHECK(has(s, PteBit::uffd_wp, child) == !settings.empty());
        CHECK((s.waits("cpu2") == Blocked::userfault) == !settings.empty());
        CHECK(s.violated().empty());
    }
}

TEST_CASE("a page fault of v6.4 goes on while fork holds mmap_lock; v6.5's waits") {
    for (const std::string design : {"v6.3", "v6.4", "v6.5"}) {
        CAPTURE(design);
        Scenario s(design, world("", "anonymous written", ""));
        s.start("cpu0", "fork").until("cpu0", "unlock ptl").step("cpu0");
        CHECK_FALSE(has(s, PteBit::writable));
        s.run("cpu1", "write");
        CHECK(s.idle("cpu1") == (design == "v6.4"));
        s.finish("cpu0").finish("cpu1");
        CHECK(s.idle("cpu0"));
        CHECK(s.idle("cpu1"));
    }
}

TEST_CASE("whoever changes a VMA waits for the faults in it") {
    Scenario s("v6.4", world("", "anonymous written", ""));
    s.run("cpu0", "munmap");
    s.start("cpu1", "write").until("cpu1", "lock ptl");
    CHECK(s.get(Field::vma_readers, parent) == 1);
    s.start("cpu0", "munmap").until("cpu0", "lock vma");
    CHECK(s.waits("cpu0") == Blocked::lock);
    s.finish("cpu1").finish("cpu0");
    CHECK(s.idle("cpu0"));
    CHECK(s.get(Field::vma_writer, parent) == 0);
}

TEST_CASE("designs without per-VMA locks have none in their states") {
    CHECK_FALSE(compiled("v6.3", "tiny").layout.has(Field::vma_readers));
    CHECK(compiled("v6.4", "tiny").layout.has(Field::vma_readers));
}

TEST_CASE("FOLL_PIN of the zeropage is counted until v6.5") {
    const std::string text =
        world("zeropage shared\n", "zeropage", "device { may dma_read, unpin }\n");
    for (const std::string design : {"v6.2", "v6.4", "v6.5"})
        for (const std::string operation : {"gup(read, pin)", "gup_fast(read, pin)"}) {
            CAPTURE(design);
            CAPTURE(operation);
            Scenario s(design, text);
            s.run("cpu0", operation);
            CHECK(s.get(Field::refcount, backing) == (design == "v6.5" ? 1U : 1025U));
            s.run("device", "unpin");
            CHECK(s.get(Field::refcount, backing) == 1);
            CHECK(s.violated().empty());
        }
}

TEST_CASE("a pin of the zeropage that only one side counts is found") {
    Diagnostics out;
    const auto program = try_compile(
        "design trial extends v6.5\noperation unpin(page, flags) {\n"
        "    if flags.pin { unpin page } else { put page }\n}\n",
        world_of(world("zeropage shared\n", "zeropage", "device { may unpin }\n")), out);
    REQUIRE_MESSAGE(program, to_text(out));
    Scenario s(*program);
    s.run("cpu0", "gup(read, pin)").run("device", "unpin");
    CHECK(s.violated("refcount_is_sound"));
}

TEST_CASE("UFFDIO_CONTINUE maps page cache read-only, and dirty since v5.16") {
    const std::string text = world("", "memfd untouched", "monitor { may uffd_continue }\n");
    for (const std::string design : {"v5.14", "v5.18", "v6.1"}) {
        CAPTURE(design);
        Scenario s(design, text);
        s.run("monitor", "uffd_continue");
        CHECK(has(s, PteBit::present));
        CHECK(has(s, PteBit::dirty) == (design != "v5.14"));
        CHECK_FALSE(has(s, PteBit::writable));
        s.run("cpu0", "write");
        CHECK(s.frame(parent) != backing);
        CHECK(s.violated().empty());
    }
}

TEST_CASE("a fresh page has its LRU batch's reference until the batch is drained") {
    const std::string text =
        world("lru batches\n", "anonymous untouched", "kernel { may lru_add_drain_all }\n");
    for (const std::string design : {"v5.7", "v5.9", "v6.2"}) {
        CAPTURE(design);
        Scenario s(design, text);
        s.run("cpu0", "write");
        const unsigned page = s.frame(parent);
        CHECK(s.get(Field::refcount, page) == 2);
        CHECK(s.violated().empty());
        s.run("cpu0", "munmap");
        CHECK(s.get(Field::refcount, page) == 1);  // the batch alone
        s.run("kernel", "lru_add_drain_all");
        CHECK(s.get(Field::refcount, page) == 0);
        CHECK(s.violated().empty());
    }
}

TEST_CASE("since v5.18 a write fault drains the batch of its own CPU, and of no other") {
    const std::string text = world("lru batches\n", "anonymous untouched", "");
    const auto copies = [&](const std::string& design, const std::string& cpu) {
        Scenario s(design, text);
        s.run("cpu0", "write");
        const unsigned page = s.frame(parent);
        s.run("cpu0", "mprotect_read");
        s.set(Field::read_only, 0, 0);  // as if it had been made writable again
        s.set(Field::anon_exclusive, page, 0);
        s.run(cpu, "write");
        return s.frame(parent) != page;
    };
    CHECK(copies("v5.12", "cpu0"));
    CHECK_FALSE(copies("v5.18", "cpu0"));
    CHECK(copies("v5.18", "cpu1"));
    CHECK_FALSE(copies("v6.2", "cpu0"));
}
