// The table of effects against the machine: what any instruction is seen to do, its row names.
#include "model/compile/applicable.h"
#include "model/compile/ghosts.h"
#include "tests/support/effects/walks.h"
#include "tests/support/models.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
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
pins 2
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
pins 2
munmap leaves nothing
process parent {
    cpus 1
    maps va 0 thp written
    may read, write, fork, madvise_dontneed, madvise_free, mprotect_read, gup(write, pin)
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

// All memory and all that goes with it, each with a few of the designs.
std::vector<Program> programs_with_all() {
    std::vector<Program> all;
    const std::vector<std::string> designs = builtin_library().design_names();
    for (const unsigned memory : {0U, 1U, 2U})
        for (std::size_t d = memory; d < designs.size(); d += 7) {
            World world = world_of(memory == 0 ? base_pages : huge_pages);
            if (memory != 0) world = with_all_parts(world);
            if (memory == 2)
                world.processes[0].maps[0].memory = StartMapping::Memory::thp_last_page;
            if (d % 2 == 0) {
                world.outside.push_back({0, 0, true, 0, {}});
                world.transient = 1;
            }
            world.event_fork = d % 4 < 2;
            Diagnostics out;
            const auto text = builtin_library().design(designs[d], out);
            CompileOptions options;
            options.verify = false;  // a page table that maps two things in one place is not right
            if (auto program = compile(*text, builtin_library().properties(),
                                       without_absent(*text, world), out, options))
                all.push_back(std::move(*program));
        }
    return all;
}

std::vector<TableEntry> lacking(const SeenEffects& seen) {
    const std::vector<std::string> unnoticed = seen.unnoticed(effect_table);
    std::vector<TableEntry> entries = entries_of(effect_table);
    std::erase_if(entries, [&](const TableEntry& entry) {
        return std::find(unnoticed.begin(), unnoticed.end(), entry.name) == unnoticed.end();
    });
    return entries;
}

SeenEffects look(std::uint64_t seed) {
    SeenEffects seen;
    Dice dice(seed);
    Walks walks(seen, dice);
    const std::vector<std::string> designs = builtin_library().design_names();
    std::size_t design = 0;
    for (const std::string& world : builtin_library().world_names())
        walks.walk(compiled(designs[design++ % designs.size()], world), 100);
    const std::vector<Program> programs = programs_with_all();
    REQUIRE(programs.size() > 12);
    for (const Program& program : programs) walks.walk(program, 200);
    walks.make_up(programs.size());
    // What shows in few states only takes longer; that is no reason to call it unnoticed.
    for (unsigned i = 0; i < 20; ++i)
        for (const TableEntry& entry : lacking(seen))
            walks.make_up_more(programs.size(), effect_table, entry);
    return seen;
}

// COWCHECK_SEED chooses other states.
std::uint64_t seed() {
    const char* text = std::getenv("COWCHECK_SEED");
    return text == nullptr ? 2 : std::strtoull(text, nullptr, 10);
}

const SeenEffects& seen() {
    static const SeenEffects all = look(seed());
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

// Entries that nothing can show: each with the reason why the table has it all the same.
struct Unobservable {
    std::string entry;
    std::string reason;
};
const std::vector<Unobservable> unobservable{};

TEST_CASE("no entry of the table of effects can be missing without a failure") {
    std::vector<std::string> unnoticed = seen().unnoticed(effect_table);
    // What is in the list and noticed, or no entry at all, is too much there.
    for (const Unobservable& one : unobservable) {
        CAPTURE(one.entry);
        CHECK(std::erase(unnoticed, one.entry) == 1);
    }
    CHECK(lines(unnoticed) == "");
    const std::size_t entries = entries_of(effect_table).size();
    // tools/break_effects.sh reads it.
    std::cout << entries << " entries, " << entries - unnoticed.size() - unobservable.size()
              << " noticed, " << unnoticed.size() << " not\n";
    for (const std::string& entry : unnoticed) std::cout << "NOT NOTICED  " << entry << '\n';
}

// Those of pins are read or not by what events and operations there are; see ghosts.cpp.
constexpr FieldSet by_instruction = ghost_fields & ~fields_of(Scope::pin);

// What is read of ghosts if a program has only this instruction.
FieldSet ghosts_read(Code code) {
    Program program;
    const FieldSet all = find_unread_ghosts(program);
    program.code = {Instruction{code}};
    return all & ~find_unread_ghosts(program) & by_instruction;
}

// Ghosts that these follow from, by what any instruction does.
FieldSet followed_by(FieldSet set, const EffectTable& table) {
    for (FieldSet before = 0; before != set;) {
        before = set;
        for (const EffectRow& row : table.rows)
            if ((effects_of(Instruction{row.code}, table).writes & set) != 0)
                set |= row.effects.reads & ghost_fields;
    }
    return set;
}

TEST_CASE("the analysis of ghosts takes instructions to ask for what their rows list") {
    const FieldSet all = find_unread_ghosts(Program{}) & by_instruction;
    for (const EffectRow& row : effect_table.rows) {
        if (row.named != NamedField::none) continue;
        CAPTURE(code_name(row.code));
        const FieldSet read = ghosts_read(row.code);
        CHECK((row.effects.asks & all & ~read) == 0);
        CHECK((read & ~followed_by(row.effects.asks, effect_table)) == 0);
    }
}
