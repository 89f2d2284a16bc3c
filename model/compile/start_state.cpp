#include "model/compile/start_state.h"

#include "model/compile/checks.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

namespace cowcheck {

namespace {

// Memory that a process has written before the story begins.
void map_written(Program& program, unsigned mm, unsigned va, unsigned frame, bool exclusive) {
    State& s = program.start;
    const Layout& l = program.layout;
    const unsigned slot = l.pte_index(mm, va);
    l.set(s, Field::kind, frame, static_cast<unsigned>(PageKind::anonymous));
    l.set(s, Field::refcount, frame, 1);
    l.set(s, Field::mapcount, frame, 1);
    l.set(s, Field::anon_exclusive, frame, exclusive);
    l.set(s, Field::expected, frame, 1U << slot);
    l.set(s, Field::entitled, frame, 1U << mm);
    l.set(s, Field::expects_zero, slot, 0);
    l.set(s, Field::pte, slot,
          PteBit::present | PteBit::writable | PteBit::dirty | PteBit::soft_dirty |
              (frame << PteBit::frame_shift));
}

// The page holds what is to be read in all these places: memory that is alike.
void hold_alike(Program& program, unsigned frame, const std::vector<unsigned>& slots) {
    State& s = program.start;
    const Layout& l = program.layout;
    for (const unsigned slot : slots) {
        l.set(s, Field::expected, frame, l.get(s, Field::expected, frame) | (1U << slot));
        l.set(s, Field::entitled, frame, l.get(s, Field::entitled, frame) | (1U << slot / l.pages));
    }
}

// One KSM page for all that map it.
void map_ksm(Program& program, unsigned mm, unsigned va, unsigned frame, unsigned mappings) {
    State& s = program.start;
    const Layout& l = program.layout;
    map_written(program, mm, va, frame, false);
    l.set(s, Field::ksm, frame, 1);
    l.set(s, Field::refcount, frame, mappings);
    l.set(s, Field::mapcount, frame, mappings);
    l.set(s, Field::pte, l.pte_index(mm, va),
          PteBit::present | PteBit::soft_dirty | (frame << PteBit::frame_shift));
}

// Where new processes map memory of some sorts.
std::vector<unsigned> slots_with(const Program& program,
                                 std::initializer_list<StartMapping::Memory> sorts) {
    std::vector<unsigned> slots;
    for (unsigned mm = 0; mm < program.world.processes.size(); ++mm)
        for (const StartMapping& mapping : program.world.processes[mm].maps)
            if (std::find(sorts.begin(), sorts.end(), mapping.memory) != sorts.end())
                slots.push_back(program.layout.pte_index(mm, mapping.va));
    return slots;
}

// A THP that a process has written, mapped by its PMD or by PTEs.
void map_thp(Program& program, unsigned mm, StartMapping::Memory memory, unsigned frame,
             bool exclusive) {
    using Memory = StartMapping::Memory;
    State& s = program.start;
    const Layout& l = program.layout;
    constexpr unsigned bits =
        PteBit::present | PteBit::writable | PteBit::dirty | PteBit::soft_dirty;
    for (unsigned va = 0; va < Limits::subpages; ++va) {
        const unsigned half = frame + va;
        const unsigned slot = l.pte_index(mm, va);
        l.set(s, Field::kind, half, static_cast<unsigned>(PageKind::anonymous));
        const bool base = memory == Memory::thp_as_base_pages;
        if (!base) {
            l.set(s, Field::compound, half,
                  static_cast<unsigned>(va == 0 ? Compound::head : Compound::tail));
            l.set(s, Field::other_half, half, frame + 1 - va);
        }
        if (memory == Memory::thp_last_page && va != 0) continue;  // nothing maps it any more
        const bool shared_before = memory == Memory::thp_partially_shared && va == 0;
        l.set(s, Field::anon_exclusive, half, exclusive && !shared_before);
        l.set(s, Field::expected, half, 1U << slot);
        l.set(s, Field::entitled, half, 1U << mm);
        l.set(s, Field::expects_zero, slot, 0);
        if (memory == Memory::thp) continue;
        if (!base)
            l.set(s, Field::mm_mapcount, frame,
                  l.get(s, Field::mm_mapcount, frame) + (1U << (2 * mm)));
        l.set(s, Field::mapcount, half, 1);
        const unsigned counted = base ? half : frame;
        l.set(s, Field::refcount, counted, l.get(s, Field::refcount, counted) + 1);
        l.set(s, Field::pte, slot,
              (shared_before ? bits & ~unsigned{PteBit::writable} : bits) |
                  (half << PteBit::frame_shift));
    }
    if (memory != Memory::thp) {
        l.set(s, Field::pmd, mm, PteBit::table);
        return;
    }
    l.set(s, Field::refcount, frame, 1);
    l.set(s, Field::entire_mapcount, frame, 1);
    l.set(s, Field::mm_mapcount, frame, 1U << (2 * mm));
    l.set(s, Field::pmd, mm, bits | PteBit::huge | (frame << PteBit::frame_shift));
}

// Memory that is never allocated: the zeropages, and what a file holds, zeroes.
void place_backing(Program& program) {
    const World& world = program.world;
    const Layout& l = program.layout;
    const auto place = [&](unsigned frame, PageKind kind) {
        l.set(program.start, Field::kind, frame, static_cast<unsigned>(kind));
        l.set(program.start, Field::refcount, frame, 1);
        l.set(program.start, Field::zeroed, frame, 1);
    };
    if (world.zeropage) place(world.frames, PageKind::zeropage);
    if (world.has_huge_zeropage()) place(world.huge_zeropage_frame(), PageKind::zeropage);
    if (world.swap()) {
        l.set(program.start, Field::kind, world.swap_frame(),
              static_cast<unsigned>(PageKind::page_cache));
        l.set(program.start, Field::refcount, world.swap_frame(), 1);
    }
    for (unsigned va = 0; world.file() && va < world.pages; ++va)
        place(world.file_frame() + va, PageKind::page_cache);
}

// Memory that was only read so far: what is there is mapped, but not for writing.
void map_read(Program& program, unsigned slot, const StartMapping& mapping) {
    using Memory = StartMapping::Memory;
    const World& world = program.world;
    const Layout& l = program.layout;
    if (mapping.memory == Memory::huge_zeropage)
        l.set(program.start, Field::pmd, slot / world.pages,
              PteBit::present | PteBit::special | PteBit::huge |
                  (world.huge_zeropage_frame() << PteBit::frame_shift));
    const auto map = [&](unsigned frame, unsigned bits) {
        l.set(program.start, Field::pte, slot,
              PteBit::present | bits | (frame << PteBit::frame_shift));
    };
    if (mapping.memory == Memory::zeropage) map(world.frames, PteBit::special);
    if (mapping.memory != Memory::file) return;
    const unsigned frame = world.file_frame() + mapping.va;
    map(frame, 0);
    for (const Field count : {Field::refcount, Field::mapcount})
        l.set(program.start, count, frame, l.get(program.start, count, frame) + 1);
}

// Whose references from outside the page has that is mapped here. Where processes outside
// may map it, it is as fork has left it: write-protected, and not exclusive.
void add_outside(Program& program, unsigned mm, unsigned va, unsigned frame, unsigned& pages) {
    const World& world = program.world;
    const Layout& l = program.layout;
    OutsideOf of;
    for (std::size_t i = 0; i < world.outside.size(); ++i)
        if (world.outside[i].mm == mm && world.outside[i].va == va) {
            const auto number = static_cast<std::uint8_t>(i);
            (world.outside[i].mappings ? of.mappings : of.references) = number;
            program.outside_numbers[i] = static_cast<std::uint16_t>(world.outside[i].low);
        }
    if (of.references == OutsideOf::none && of.mappings == OutsideOf::none) return;
    program.outside_of[++pages] = of;
    l.set(program.start, Field::outside_page, frame, pages);
    if (of.mappings == OutsideOf::none) return;
    const unsigned slot = l.pte_index(mm, va);
    l.set(program.start, Field::anon_exclusive, frame, 0);
    l.set(program.start, Field::pte, slot,
          l.get(program.start, Field::pte, slot) & ~unsigned{PteBit::writable});
}

}  // namespace

void fill_start(Program& program) {
    const World& world = program.world;
    const Layout& l = program.layout;
    const bool exclusive = writes_field(program, Field::anon_exclusive);
    const StartFrames frames = frames_at_start(world);
    unsigned outside_pages = 0;
    using Memory = StartMapping::Memory;
    const auto alike = slots_with(program, {Memory::alike, Memory::ksm});
    const auto ksm = static_cast<unsigned>(slots_with(program, {Memory::ksm}).size());
    place_backing(program);
    for (unsigned mm = 0; mm < world.processes.size(); ++mm) {
        const Process& process = world.processes[mm];
        if (process.starts_free) continue;
        l.set(program.start, Field::life, mm, static_cast<unsigned>(Life::alive));
        for (unsigned va = 0; va < world.pages; ++va) {
            l.set(program.start, Field::mapped, l.pte_index(mm, va), 1);
            l.set(program.start, Field::expects_zero, l.pte_index(mm, va), 1);
        }
        for (std::size_t i = 0; i < process.maps.size(); ++i) {
            const StartMapping& mapping = process.maps[i];
            const unsigned frame = frames.first[mm][i];
            if (mapping.is_thp()) {
                map_thp(program, mm, mapping.memory, frame, exclusive);
            } else if (mapping.memory == Memory::written || mapping.memory == Memory::alike) {
                map_written(program, mm, mapping.va, frame, exclusive);
                add_outside(program, mm, mapping.va, frame, outside_pages);
            } else if (mapping.memory == Memory::ksm) {
                map_ksm(program, mm, mapping.va, frame, ksm);
            } else {
                map_read(program, l.pte_index(mm, mapping.va), mapping);
            }
            if (mapping.memory == Memory::alike || mapping.memory == Memory::ksm)
                hold_alike(program, frame, alike);
        }
    }
}

}  // namespace cowcheck
