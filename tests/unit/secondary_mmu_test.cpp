// Secondary MMUs that mmu notifiers keep in step: KVM, GPUs, on-demand paging.
#include "tests/support/scenario.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

const std::string guest = R"(
world guest
title "one page, two CPUs, and all kinds of secondary MMUs"
pages  1
frames 3
pins   1
munmap leaves fresh mapping
process parent {
    cpus 2
    maps va 0 anonymous written
    may read, write, fork, munmap, madvise_dontneed
}
process child {
    starts free
    cpus 1
    may read, exit
}
procfs { may clear_refs }
secondary_mmu {
    may secondary_fault(read), secondary_fault(write)
    may secondary_fault(read, get), secondary_fault(write, get), secondary_fault(write, get, keep)
    may secondary_read, secondary_write
}
)";

constexpr unsigned parent = 0;

// The statement that a rest stands before.
std::string program_text(const Rest& rest) {
    if (rest.span.file == nullptr) return {};
    std::size_t at = 0;
    for (unsigned line = 1; line < rest.span.line; ++line)
        at = rest.span.file->text.find('\n', at) + 1;
    return rest.span.file->text.substr(at + rest.span.column - 1, rest.span.length);
}

unsigned spte(const Scenario& s, unsigned mm = parent) { return s.get(Field::spte, mm); }

}  // namespace

TEST_CASE("a secondary MMU maps the page that the process maps, as writable as it asked for") {
    for (const std::string& design : all_designs)
        for (const std::string operation :
             {"secondary_fault(read)", "secondary_fault(write)", "secondary_fault(read, get)",
              "secondary_fault(write, get)", "secondary_fault(write, get, keep)"}) {
            CAPTURE(design);
            CAPTURE(operation);
            Scenario s(design, guest);
            s.run("secondary_mmu", operation);
            CHECK(s.idle("secondary_mmu"));
            CHECK((spte(s) & PteBit::present) != 0);
            CHECK((spte(s) >> PteBit::frame_shift) == s.frame(parent));
            const bool write = operation.find("write") != std::string::npos;
            CHECK(((spte(s) & PteBit::writable) != 0) == write);
            const bool kept = operation.find("keep") != std::string::npos;
            CHECK(s.get(Field::refcount, s.frame(parent)) == (kept ? 2U : 1U));
            CHECK(s.violated().empty());
        }
}

TEST_CASE("an invalidation takes the entry and the reference away") {
    for (const std::string& design : all_designs) {
        CAPTURE(design);
        Scenario s(design, guest);
        const unsigned page = s.frame(parent);
        s.run("secondary_mmu", "secondary_fault(write, get, keep)").run("procfs", "clear_refs");
        CHECK(spte(s) == 0);
        CHECK(s.get(Field::invalidating, 0) == 0);
        CHECK(s.get(Field::refcount, page) == 1);
    }
}

TEST_CASE("what was looked up before an invalidation is looked up again") {
    for (const std::string operation : {"secondary_fault(write)", "secondary_fault(write, get)"}) {
        CAPTURE(operation);
        Scenario s("v6.2", guest);
        s.start("secondary_mmu", operation).until("secondary_mmu", "stale = seq.changed");
        s.run("cpu0", "madvise_dontneed");
        CHECK(s.pte(parent) == 0);
        s.finish("secondary_mmu");
        CHECK((s.pte(parent) & PteBit::writable) != 0);  // it faulted a page in
        CHECK((spte(s) >> PteBit::frame_shift) == s.frame(parent));
        CHECK(s.get(Field::refcount, s.frame(parent)) == 1);
        CHECK(s.violated().empty());
    }
}

TEST_CASE("while an invalidation is under way no entry can be made") {
    Scenario s("v6.2", guest);
    s.start("procfs", "clear_refs").until("procfs", "lock ptl");
    CHECK(s.get(Field::invalidating, 0) == 1);
    s.start("secondary_mmu", "secondary_fault(write, get)");  // GUP-fast takes no lock
    s.until("secondary_mmu", "stale = seq.changed").step("secondary_mmu");
    CHECK(spte(s) == 0);
}

TEST_CASE("loads and stores of a guest are the process's own") {
    Scenario s("v6.2", guest);
    s.run("secondary_mmu", "secondary_fault(write)").run("secondary_mmu", "secondary_write");
    s.run("cpu0", "read").run("secondary_mmu", "secondary_read");
    CHECK(s.violated().empty());
    s.run("procfs", "clear_refs").run("secondary_mmu", "secondary_fault(write)");
    CHECK((s.pte(parent) & PteBit::soft_dirty) != 0);
    s.run("secondary_mmu", "secondary_write");
    CHECK(s.violated().empty());
}

TEST_CASE("a copy that tells no secondary MMU is found") {
    Diagnostics out;
    const auto program = try_compile(R"(
design trial extends v6.2
handler wp_page_copy(va, page, orig, unshare) {
    if not orig.special { get page }
    unlock ptl
    new = copy of page
    lock ptl
    if pte != orig { put new; unlock ptl; if not orig.special { put page }; return }
    pte = none
    flush tlb va
    new.anon_exclusive = true
    new.mapcount += 1
    pte = { page = new, writable, dirty, soft_dirty }
    if not orig.special { page.mapcount -= 1; put page }
    unlock ptl
    if not orig.special { put page }
}
)",
                                     world_of(guest), out);
    REQUIRE_MESSAGE(program, to_text(out));
    Scenario s(*program);
    s.run("cpu0", "fork").run("secondary_mmu", "secondary_fault(read)").run("cpu0", "write");
    CHECK(s.violated("secondary_mmu_is_in_step"));
    s.run("secondary_mmu", "secondary_read");
    CHECK(s.violated("memory_is_coherent"));
}

TEST_CASE("a zap that drops the page before the secondary MMU does is a use after free") {
    Diagnostics out;
    const auto program = try_compile(R"(
design trial extends v6.2
handler zap_pte(va) {
    lock ptl
    if pte.none { unlock ptl; return }
    old = pte
    page = old.page
    zap pte
    if not old.special { page.mapcount -= 1 }
    unlock ptl
    flush tlb va
    if not old.special { put page }
}
)",
                                     world_of(guest), out);
    REQUIRE_MESSAGE(program, to_text(out));
    Scenario s(*program);
    s.run("secondary_mmu", "secondary_fault(read)").run("cpu0", "madvise_dontneed");
    CHECK(s.violated("secondary_mmu_is_in_step"));
}

TEST_CASE("a notifier may sleep, and only the secondary MMU watches its sequence count") {
    const auto complaint = [](const std::string& text) {
        Diagnostics out;
        CHECK_FALSE(try_compile("design trial extends v6.2\n" + text, world_of(guest), out));
        return to_text(out);
    };
    CHECK(complaint("operation munmap(va) {\n    lock ptl\n    notifier start va\n"
                    "    notifier end va\n    unlock ptl\n}\n")
              .find("a notifier may sleep") != std::string::npos);
    CHECK(complaint("operation munmap(va) {\n    seq = read invalidate_seq\n    lock ptl\n"
                    "    unlock ptl\n}\n")
              .find("only secondary_fault watches") != std::string::npos);
}

TEST_CASE("without a secondary MMU a notifier is no step") {
    const Program with = compiled("v6.2", guest);
    std::string text = guest;
    text = text.substr(0, text.find("secondary_mmu {"));
    const Program without = compiled("v6.2", text);
    const auto steps = [](const Program& program) {
        return std::count_if(program.rests.begin(), program.rests.end(), [](const Rest& rest) {
            return program_text(rest).starts_with("notifier");
        });
    };
    CHECK(steps(with) > 0);
    CHECK(steps(without) == 0);
    CHECK_FALSE(without.layout.has(Field::spte));
}
