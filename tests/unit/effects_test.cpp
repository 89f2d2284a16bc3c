// The table of effects against the machine: what any instruction is seen to do, its row names.
#include "tests/support/effects_seen.h"
#include "tests/support/models.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

// What no shipped world has in one.
constexpr const char* base_pages = R"(world much
title "base pages and everything"
depth 4
arch x86
pages 2
frames 4
pins 1
munmap leaves nothing
lru batches
process parent {
    cpus 1
    maps va 0 anonymous written
    maps va 1 anonymous written
    page of va 0 has outside references any number
    may read, write, fork, madvise_dontneed, madvise_free, mprotect_read, madvise_dontfork, madvise_dofork, gup(write, pin)
}
process child {
    starts free
    cpus 1
    may write, exit
}
procfs { may clear_refs }
kernel { may swap_out, migrate, ksm_merge, lru_add_drain_all }
secondary_mmu { may secondary_fault(read, get), secondary_fault(write), secondary_read, secondary_write }
device { may dma_write, unpin }
)";
constexpr const char* huge_pages = R"(world huge
title "THPs, and more than goes with them"
depth 4
arch x86
pages 2
frames 4
pins 1
munmap leaves nothing
process parent {
    cpus 1
    maps va 0 thp written
    may read, write, fork, madvise_dontneed, mprotect_read, gup(write, pin)
}
process child {
    starts free
    cpus 1
    may write, exit
}
procfs { may clear_refs }
kernel { may split_folio }
device { may dma_write, unpin }
)";

// Text that has all of it is refused, as what it would mean in the kernel is not modelled. What
// the machine does is said all the same.
World with_all_parts(World world) {
    world.lru_batches = true;
    world.processes[0].menu.push_back({OperationKind::madvise_dontfork, {}});
    world.processes[0].menu.push_back({OperationKind::madvise_dofork, {}});
    world.kernel_menu.push_back({OperationKind::swap_out, {}});
    world.outside.push_back({0, 0, false, 0, {}});
    world.secondary_menu.push_back({OperationKind::secondary_read, {}});
    world.processes[0].maps.push_back({0, StartMapping::Memory::ksm});
    Thread thread;
    thread.actor = Actor::secondary_mmu;
    thread.name = "secondary";
    world.threads.push_back(thread);
    return world;
}

// tools/break_effects.sh takes its time.
bool thorough() { return std::getenv("COWCHECK_BREAK_EFFECTS") != nullptr; }

SeenEffects look() {
    SeenEffects seen;
    Random random(1);
    const std::vector<std::string> designs = builtin_library().design_names();
    for (const unsigned memory : {0U, 1U, 2U})
        for (const std::string& design : designs) {
            World world = world_of(memory == 0 ? base_pages : huge_pages);
            if (memory != 0) world = with_all_parts(world);
            if (memory == 2)
                world.processes[0].maps[0].memory = StartMapping::Memory::thp_last_page;
            world.outside.push_back({0, 0, true, 0, {}});
            Diagnostics out;
            const auto text = builtin_library().design(design, out);
            const auto program = compile(*text, builtin_library().properties(), world, out);
            if (program) seen.walk(*program, random, slow_build ? 4 : 40);
        }
    // All worlds, each with some designs, and all designs.
    std::size_t design = 0;
    for (const std::string& world : builtin_library().world_names())
        for (unsigned i = 0; i < 2; ++i)
            seen.walk(compiled(designs[design++ % designs.size()], world), random,
                      slow_build ? 10 : 100);
    // What is rare, until it was seen.
    const std::vector<std::string> worlds = builtin_library().world_names();
    for (unsigned i = 0; thorough() && i < 400 && !seen.lacking().empty(); ++i)
        seen.walk(
            compiled(designs[below(random, designs.size())], worlds[below(random, worlds.size())]),
            random, 200);
    return seen;
}

const SeenEffects& seen() {
    static const SeenEffects all = look();
    return all;
}

std::string lines(const std::vector<std::string>& all) {
    std::string text;
    for (const std::string& line : all) text += line + "\n";
    return text;
}

}  // namespace

TEST_CASE("what an instruction is seen to do, its row of the table of effects names") {
    CHECK(lines(seen().unnamed(effect_table)) == "");
}

TEST_CASE("no entry of the table of effects can be missing without a failure") {
    std::vector<std::string> unnoticed;
    const std::vector<TableEntry> entries = entries_of(effect_table);
    for (const TableEntry& entry : entries) {
        const bool noticed = !seen().is_unnoticed(effect_table, entry);
        if (!noticed) unnoticed.push_back(entry.name);
        if (thorough())
            std::cout << (noticed ? "noticed      " : "NOT NOTICED  ") << entry.name << '\n';
    }
    CAPTURE(lines(unnoticed));
    // Short walks do not meet all that is rare; those of a slow build are shorter still.
    if (slow_build && !thorough()) return;
    CHECK(unnoticed.size() <= (thorough() ? 0 : entries.size() / 40));
}
