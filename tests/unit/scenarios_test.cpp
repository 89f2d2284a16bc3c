// The interleavings of the kernel's published bugs, told operation by operation: what
// each era does with them. The rows are those of the matrix of eras and scenarios.
#include "tests/support/scenario.h"

#include <doctest/doctest.h>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

// Everything that the rows need. cpu0 and cpu1 are the parent's, cpu2 is the child's.
const std::string stage = R"(
world stage
title "whatever a scenario needs"
pages  1
frames 4
pins   2
munmap leaves nothing
process parent {
    cpus 2
    maps va 0 anonymous written
    may read, write, fork, munmap
    may gup(read, get), gup(write, get), gup(write, pin), gup(read, pin, longterm)
}
process child {
    starts free
    cpus 1
    may read, write, exit, munmap, gup(read, get)
}
monitor { may uffd_wp_protect, uffd_wp_resolve }
procfs  { may clear_refs }
device  { may dma_read, dma_write, unpin }
)";

struct Operation {
    std::string thread;
    std::string operation;
};

struct Row {
    std::string world;
    std::vector<Operation> operations;
    std::string property;
};

// One letter a design: Y if the property holds, N if not.
std::string verdicts(const Row& row) {
    std::string letters;
    for (const std::string& design : all_designs) {
        Scenario scenario(design, row.world);
        for (const auto& [thread, operation] : row.operations)
            if (scenario.can_start(thread, operation)) scenario.run(thread, operation);
        letters += scenario.violated(row.property) ? 'N' : 'Y';
    }
    return letters;
}

}  // namespace

// Columns: v5.7 v5.8 v5.9 v5.12 v5.19 v6.2.

TEST_CASE("a child that vmspliced sees the parent's next store only in v5.7 (CVE-2020-29374)") {
    CHECK(verdicts({stage,
                    {{"cpu0", "fork"},
                     {"cpu2", "gup(read, get)"},
                     {"cpu2", "munmap"},
                     {"cpu0", "write"},
                     {"device", "dma_read"}},
                    "no_foreign_data"}) == "NYYYYY");
}

TEST_CASE("a parent that vmspliced before fork sees the child's store until v5.8") {
    CHECK(verdicts({stage,
                    {{"cpu0", "gup(read, get)"},
                     {"cpu0", "fork"},
                     {"cpu0", "munmap"},
                     {"cpu2", "write"},
                     {"device", "dma_read"}},
                    "no_foreign_data"}) == "NNYYYY");
}

TEST_CASE("fork shares a page that is pinned for writing until v5.8") {
    CHECK(verdicts({stage,
                    {{"cpu0", "gup(write, pin)"}, {"cpu0", "fork"}, {"cpu0", "write"}},
                    "rw_pin_matches_mapping"}) == "NNYYYY");
}

TEST_CASE("clear_refs makes the next store leave an O_DIRECT buffer behind in v5.9 to v5.17") {
    CHECK(verdicts({stage,
                    {{"cpu0", "gup(write, get)"}, {"procfs", "clear_refs"}, {"cpu0", "write"}},
                    "rw_pin_matches_mapping"}) == "YYNNYY");
}

TEST_CASE("clear_refs makes the next store leave a pinned page behind in v5.9 only") {
    CHECK(verdicts({stage,
                    {{"cpu0", "gup(write, pin)"}, {"procfs", "clear_refs"}, {"cpu0", "write"}},
                    "rw_pin_matches_mapping"}) == "YYNYYY");
}

TEST_CASE("what the device writes after clear_refs and a store is lost in v5.9 to v5.17") {
    CHECK(verdicts({stage,
                    {{"cpu0", "gup(write, get)"},
                     {"procfs", "clear_refs"},
                     {"cpu0", "write"},
                     {"device", "dma_write"},
                     {"cpu0", "read"}},
                    "memory_is_coherent"}) == "YYNNYY");
}

TEST_CASE(
    "resolving a uffd-wp that was never set write-protects, and detaches a pin, until v5.17") {
    CHECK(
        verdicts({stage,
                  {{"cpu0", "gup(write, pin)"}, {"monitor", "uffd_wp_resolve"}, {"cpu0", "write"}},
                  "rw_pin_matches_mapping"}) == "YYNNYY");
}

TEST_CASE("a read-only pin after the child's exit is left behind by the store in v5.9 to v5.17") {
    CHECK(verdicts({stage,
                    {{"cpu0", "fork"},
                     {"cpu2", "exit"},
                     {"cpu0", "gup(read, pin, longterm)"},
                     {"cpu0", "write"}},
                    "ro_pin_matches_mapping"}) == "YYNNYY");
}

TEST_CASE("a read-only pin while the child lives needs v5.8's write fault or v5.19's unsharing") {
    CHECK(verdicts({stage,
                    {{"cpu0", "fork"}, {"cpu0", "gup(read, pin, longterm)"}, {"cpu0", "write"}},
                    "ro_pin_matches_mapping"}) == "NYNNYY");
}

TEST_CASE("reading through GUP raises a userfault event only in v5.8") {
    CHECK(verdicts({stage,
                    {{"monitor", "uffd_wp_protect"}, {"cpu0", "gup(read, get)"}},
                    "uffd_wp_no_spurious_event"}) == "YNYYYY");
}

TEST_CASE("no kernel misses a store to what uffd-wp protects") {
    CHECK(verdicts({stage,
                    {{"cpu0", "write"},
                     {"monitor", "uffd_wp_protect"},
                     {"cpu0", "write"},
                     {"cpu1", "write"}},
                    "uffd_wp_no_missed_write"}) == "YYYYYY");
}

TEST_CASE("a store after clear_refs goes unrecorded through a TLB nobody flushed, until v5.10") {
    CHECK(verdicts({stage,
                    {{"cpu0", "write"}, {"procfs", "clear_refs"}, {"cpu0", "write"}},
                    "soft_dirty_no_missed_write"}) == "NNNYYY");
}

TEST_CASE("a long-term read-only pin of the zeropage is reliable in v5.8 and from v6.2 on") {
    CHECK(verdicts({"zeropage",
                    {{"cpu0", "gup(read, pin, longterm)"}, {"cpu0", "write"}},
                    "ro_pin_matches_mapping"}) == "NYNNNY");
}

TEST_CASE("one's own short-term reference makes v5.9 copy what v5.19 knows to be exclusive") {
    CHECK(verdicts({stage,
                    {{"cpu0", "gup(read, get)"}, {"procfs", "clear_refs"}, {"cpu0", "write"}},
                    "no_needless_copy"}) == "YYNNYY");
}

TEST_CASE("v5.19 still copies a page that a child no longer shares if a reference is held") {
    CHECK(verdicts(
              {stage,
               {{"cpu0", "fork"}, {"cpu2", "exit"}, {"cpu0", "gup(read, get)"}, {"cpu0", "write"}},
               "no_needless_copy"}) == "YYNNNN");
}

TEST_CASE("a read-only pin is exclusive when it goes, from v5.19 on, whatever fork did before") {
    for (const char* design : {"v5.19", "v6.2"}) {
        Scenario scenario(design, stage);
        scenario.run("cpu0", "fork").run("cpu0", "gup(read, pin, longterm)");
        CHECK(scenario.get(Field::anon_exclusive, scenario.get(Field::pin_page, 0)) == 1);
        CHECK(scenario.frame(0) != scenario.frame(1));  // UNSHARE made a copy
        CHECK((scenario.pte(0) & PteBit::writable) == 0);
        scenario.run("cpu2", "exit").run("cpu0", "fork").run("device", "unpin");
        CHECK(scenario.violated().empty());
    }
}
