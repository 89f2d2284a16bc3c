#include "model/compile/compile.h"

#include "model/compile/checks.h"
#include "model/compile/ghosts.h"
#include "model/compile/handlers.h"
#include "model/compile/mapped_pages.h"
#include "model/compile/merge_rests.h"

#include <algorithm>
#include <set>

namespace cowcheck {

namespace {

constexpr std::size_t index_of(Scope scope) { return static_cast<std::size_t>(scope); }

// Each element as wide as the fields that states of this world have.
void widen(Layout &layout) {
    for (std::size_t i = 0; i < field_table.size(); ++i) {
        const FieldInfo &field = field_table[i];
        if (!layout.has(static_cast<Field>(i)))
            continue;
        auto &stride = layout.stride[index_of(field.scope)];
        stride = std::max(stride, static_cast<std::uint8_t>(field.word + 1));
    }
}

Layout first_layout(const World &world) {
    Layout layout;
    const auto mms = static_cast<unsigned>(world.processes.size());
    layout.mms = static_cast<std::uint8_t>(mms);
    layout.pages = static_cast<std::uint8_t>(world.pages);
    const auto count = [&](Scope scope, unsigned n) {
        layout.count[index_of(scope)] = static_cast<std::uint8_t>(n);
    };
    count(Scope::mm, mms);
    count(Scope::pte, mms * world.pages);
    count(Scope::page, world.total_frames());
    count(Scope::pin, world.pins);
    count(Scope::tlb, world.cpus() * world.pages);
    count(Scope::thread, static_cast<unsigned>(world.threads.size()));
    count(Scope::outside, world.has_outside() ? 1 : 0);
    layout.parts = world.parts();
    widen(layout);
    return layout;
}

// Fields that only the design's text asks for.
void add_parts(Program &program) {
    const bool locks_vmas =
        std::any_of(program.code.begin(), program.code.end(), [](const Instruction &i) {
            return i.code == Code::trylock_vma || i.code == Code::lock_vma_write;
        });
    if (locks_vmas)
        program.layout.parts |= Part::vma_lock;
    widen(program.layout);
}

// One scope after the other, threads last and on a multiple of four words, so that they pack
// separately; the pages likewise, if there is room for that.
bool place_scopes(Layout &layout, bool pages_apart) {
    unsigned at = 0;
    for (const Scope scope :
         {Scope::mm, Scope::pte, Scope::page, Scope::pin, Scope::tlb, Scope::outside,
          Scope::thread}) {
        if (scope == Scope::thread || (scope == Scope::page && pages_apart))
            at = (at + 3U) & ~3U;
        if (scope == Scope::thread)
            layout.thread_words = static_cast<std::uint8_t>(at);
        layout.base[index_of(scope)] = static_cast<std::uint8_t>(at);
        at += unsigned{layout.stride[index_of(scope)]} * layout.count[index_of(scope)];
        if (at > State::max_words)
            return false;
    }
    layout.words = static_cast<std::uint8_t>(at);
    return true;
}

void fill_access(Program &program) {
    for (std::size_t i = 0; i < field_table.size(); ++i) {
        const FieldInfo &field = field_table[i];
        if (!program.layout.has(static_cast<Field>(i)))
            continue; // reads as 0
        program.access[i] = {
            static_cast<std::uint8_t>(program.layout.base[index_of(field.scope)] + field.word),
            program.layout.stride[index_of(field.scope)], field.shift, field.mask()};
    }
}

// Memory that a process has written before the story begins.
void map_written(Program &program, unsigned mm, unsigned va, unsigned frame, bool exclusive) {
    State &s = program.start;
    const Layout &l = program.layout;
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
void hold_alike(Program &program, unsigned frame, const std::vector<unsigned> &slots) {
    State &s = program.start;
    const Layout &l = program.layout;
    for (const unsigned slot : slots) {
        l.set(s, Field::expected, frame, l.get(s, Field::expected, frame) | (1U << slot));
        l.set(s, Field::entitled, frame,
              l.get(s, Field::entitled, frame) | (1U << slot / l.pages));
    }
}

// One KSM page for all that map it.
void map_ksm(Program &program, unsigned mm, unsigned va, unsigned frame, unsigned mappings) {
    State &s = program.start;
    const Layout &l = program.layout;
    map_written(program, mm, va, frame, false);
    l.set(s, Field::ksm, frame, 1);
    l.set(s, Field::refcount, frame, mappings);
    l.set(s, Field::mapcount, frame, mappings);
    l.set(s, Field::pte, l.pte_index(mm, va),
          PteBit::present | PteBit::soft_dirty | (frame << PteBit::frame_shift));
}

// Where new processes map memory of some sorts.
std::vector<unsigned> slots_with(const Program &program,
                                 std::initializer_list<StartMapping::Memory> sorts) {
    std::vector<unsigned> slots;
    for (unsigned mm = 0; mm < program.world.processes.size(); ++mm)
        for (const StartMapping &mapping : program.world.processes[mm].maps)
            if (std::find(sorts.begin(), sorts.end(), mapping.memory) != sorts.end())
                slots.push_back(program.layout.pte_index(mm, mapping.va));
    return slots;
}

// A THP that a process has written, mapped by its PMD or by PTEs.
void map_thp(Program &program, unsigned mm, StartMapping::Memory memory, unsigned frame,
             bool exclusive) {
    using Memory = StartMapping::Memory;
    State &s = program.start;
    const Layout &l = program.layout;
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
        if (memory == Memory::thp_last_page && va != 0)
            continue; // nothing maps it any more
        const bool shared_before = memory == Memory::thp_partially_shared && va == 0;
        l.set(s, Field::anon_exclusive, half, exclusive && !shared_before);
        l.set(s, Field::expected, half, 1U << slot);
        l.set(s, Field::entitled, half, 1U << mm);
        l.set(s, Field::expects_zero, slot, 0);
        if (memory == Memory::thp)
            continue;
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
void place_backing(Program &program) {
    const World &world = program.world;
    const Layout &l = program.layout;
    const auto place = [&](unsigned frame, PageKind kind) {
        l.set(program.start, Field::kind, frame, static_cast<unsigned>(kind));
        l.set(program.start, Field::refcount, frame, 1);
        l.set(program.start, Field::zeroed, frame, 1);
    };
    if (world.zeropage)
        place(world.frames, PageKind::zeropage);
    if (world.has_huge_zeropage())
        place(world.huge_zeropage_frame(), PageKind::zeropage);
    if (world.swap()) {
        l.set(program.start, Field::kind, world.swap_frame(),
              static_cast<unsigned>(PageKind::page_cache));
        l.set(program.start, Field::refcount, world.swap_frame(), 1);
    }
    for (unsigned va = 0; world.file() && va < world.pages; ++va)
        place(world.file_frame() + va, PageKind::page_cache);
}

// Memory that was only read so far: what is there is mapped, but not for writing.
void map_read(Program &program, unsigned slot, const StartMapping &mapping) {
    using Memory = StartMapping::Memory;
    const World &world = program.world;
    const Layout &l = program.layout;
    if (mapping.memory == Memory::huge_zeropage)
        l.set(program.start, Field::pmd, slot / world.pages,
              PteBit::present | PteBit::special | PteBit::huge |
                  (world.huge_zeropage_frame() << PteBit::frame_shift));
    const auto map = [&](unsigned frame, unsigned bits) {
        l.set(program.start, Field::pte, slot,
              PteBit::present | bits | (frame << PteBit::frame_shift));
    };
    if (mapping.memory == Memory::zeropage)
        map(world.frames, PteBit::special);
    if (mapping.memory != Memory::file)
        return;
    const unsigned frame = world.file_frame() + mapping.va;
    map(frame, 0);
    for (const Field count : {Field::refcount, Field::mapcount})
        l.set(program.start, count, frame, l.get(program.start, count, frame) + 1);
}

// Whose references from outside the page has that is mapped here. Where processes outside
// may map it, it is as fork has left it: write-protected, and not exclusive.
void add_outside(Program &program, unsigned mm, unsigned va, unsigned frame, unsigned &pages) {
    const World &world = program.world;
    const Layout &l = program.layout;
    OutsideOf of;
    for (std::size_t i = 0; i < world.outside.size(); ++i)
        if (world.outside[i].mm == mm && world.outside[i].va == va) {
            const auto number = static_cast<std::uint8_t>(i);
            (world.outside[i].mappings ? of.mappings : of.references) = number;
            program.outside_numbers[i] = static_cast<std::uint16_t>(world.outside[i].low);
        }
    if (of.references == OutsideOf::none && of.mappings == OutsideOf::none)
        return;
    program.outside_of[++pages] = of;
    l.set(program.start, Field::outside_page, frame, pages);
    if (of.mappings == OutsideOf::none)
        return;
    const unsigned slot = l.pte_index(mm, va);
    l.set(program.start, Field::anon_exclusive, frame, 0);
    l.set(program.start, Field::pte, slot,
          l.get(program.start, Field::pte, slot) & ~unsigned{PteBit::writable});
}

void fill_start(Program &program) {
    const World &world = program.world;
    const Layout &l = program.layout;
    const bool exclusive = writes_field(program, Field::anon_exclusive);
    unsigned frame = 0;
    unsigned outside_pages = 0;
    using Memory = StartMapping::Memory;
    const auto alike = slots_with(program, {Memory::alike, Memory::ksm});
    const auto ksm = static_cast<unsigned>(slots_with(program, {Memory::ksm}).size());
    const unsigned ksm_frame = ksm > 0 ? frame++ : 0;
    place_backing(program);
    for (unsigned mm = 0; mm < world.processes.size(); ++mm) {
        const Process &process = world.processes[mm];
        if (process.starts_free)
            continue;
        l.set(program.start, Field::life, mm, static_cast<unsigned>(Life::alive));
        for (unsigned va = 0; va < world.pages; ++va) {
            l.set(program.start, Field::mapped, l.pte_index(mm, va), 1);
            l.set(program.start, Field::expects_zero, l.pte_index(mm, va), 1);
        }
        for (const StartMapping &mapping : process.maps) {
            if (mapping.is_thp()) {
                map_thp(program, mm, mapping.memory, frame, exclusive);
                frame += Limits::subpages;
            } else if (mapping.memory == Memory::written || mapping.memory == Memory::alike) {
                map_written(program, mm, mapping.va, frame, exclusive);
                add_outside(program, mm, mapping.va, frame++, outside_pages);
            } else if (mapping.memory == Memory::ksm) {
                map_ksm(program, mm, mapping.va, ksm_frame, ksm);
            } else {
                map_read(program, l.pte_index(mm, mapping.va), mapping);
            }
            if (mapping.memory == Memory::alike)
                hold_alike(program, frame - 1, alike);
        }
    }
    if (ksm > 0)
        hold_alike(program, ksm_frame, alike);
}

// The operations of all menus, each once; unpin once for each kind of pin, since
// what it does follows from how the pin was taken.
std::vector<MenuItem> all_items(const World &world) {
    std::vector<MenuItem> items;
    const auto add = [&](const MenuItem &item) {
        if (std::find(items.begin(), items.end(), item) == items.end())
            items.push_back(item);
    };
    for (const Process &process : world.processes)
        for (const MenuItem &item : process.menu)
            add(item);
    for (const auto *menu : {&world.monitor_menu, &world.procfs_menu, &world.kernel_menu,
                             &world.secondary_menu})
        for (const MenuItem &item : *menu)
            add(item);
    const auto taken = items;
    for (const MenuItem &item : world.device_menu) {
        if (item.kind != OperationKind::unpin) {
            add(item);
            continue;
        }
        for (const MenuItem &gup : taken)
            if (info(gup.kind).needs == Needs::pin_slot)
                add({OperationKind::unpin, gup.flags});
    }
    return items;
}

// Whether the end can be reached from the entry within the first step.
bool can_be_instant(const Program &program, std::size_t address, bool entered,
                    std::vector<bool> &seen) {
    for (;;) {
        if (address >= program.code.size())
            return false;
        const Instruction &i = program.code[address];
        if (i.code == Code::end)
            return true;
        if (i.code == Code::rest) {
            if (entered && i.a == 0)
                return false;
            entered = true;
        }
        if (seen[address])
            return false;
        seen[address] = true;
        if (i.code == Code::jump) {
            address = i.target;
            continue;
        }
        if ((i.code == Code::jump_if || i.code == Code::jump_unless) &&
            can_be_instant(program, i.target, entered, seen))
            return true;
        ++address;
    }
}

void fill_menus(Program &program) {
    const auto number_of = [&](const MenuItem &item) {
        for (std::size_t i = 0; i < program.operations.size(); ++i)
            if (program.operations[i].item == item)
                return static_cast<std::uint16_t>(i);
        return std::uint16_t{0};
    };
    for (OperationCode &operation : program.operations) {
        std::vector<bool> seen(program.code.size(), false);
        operation.can_be_instant = can_be_instant(program, operation.entry, false, seen);
    }
    for (const Thread &thread : program.world.threads) {
        program.menus.emplace_back();
        for (const MenuItem &item : program.world.menu(thread))
            program.menus.back().push_back(number_of(item));
    }
    for (std::size_t i = 0; i < program.operations.size(); ++i)
        if (info(program.operations[i].item.kind).actor == Actor::device)
            program.device_menu.push_back(static_cast<std::uint16_t>(i));
}

// What the world's menus name, from nothing.
void compile_operations(Emitter &emitter, const DesignText &design, const World &world) {
    Program &program = emitter.program();
    emitter.shrink(0);
    program = Program();
    program.world = world;
    program.layout = first_layout(world);
    program.rests.emplace_back(); // idle
    Handlers handlers(emitter, design);
    for (const MenuItem &item : all_items(world))
        handlers.operation(item);
}

// A definition stands once over all files of a design.
void complain_twice(const SourceSpan &span, const SourceSpan &first, const std::string &what,
                    Diagnostics &out) {
    const bool one_file = span.file == first.file;
    out.push_back({span,
                   what + " is defined twice in this " + (one_file ? "file" : "design") +
                       "; the first is in " + (one_file ? "" : first.file->name + " ") + "line " +
                       std::to_string(first.line),
                   {}});
}

// A name that is mistyped overrides nothing, and would go unnoticed.
void complain_of_unused(const DesignText &design, const std::set<const ast::Predicate *> &used,
                        Diagnostics &out) {
    for (const ast::Predicate &predicate : design.design().predicates) {
        if (used.count(&predicate) != 0)
            continue;
        std::vector<std::string_view> others;
        for (const std::string_view name : design.predicate_names())
            if (name != predicate.name)
                others.push_back(name);
        out.push_back({predicate.span, "nothing uses the predicate '" + predicate.name + "'",
                       did_you_mean(predicate.name, others)});
    }
}

} // namespace

std::optional<Program> compile(const DesignText &design, const PropertySet &properties,
                               const World &world, Diagnostics &out, std::uint32_t decided) {
    const std::size_t before = out.size();
    Program program;
    Emitter emitter(program, out);
    compile_operations(emitter, design, world);
    if (out.size() == before)
        if (PageSites sites = find_unproved_pages(emitter); !sites.empty()) {
            emitter.ask_at(std::move(sites));
            compile_operations(emitter, design, world);
        }
    if (out.size() != before)
        return std::nullopt;
    for (Instruction &instruction : program.code)
        if (instruction.code == Code::frame)
            instruction.imm = 0; // it only told where pages are asked for
    add_parts(program);
    compile_checks(emitter, properties, decided);
    drop_unreached_rests(program);
    if (program.rests.size() > info(Field::pc).mask())
        emitter.complain(design.design().span, "the design has more steps than " +
                                                   std::to_string(info(Field::pc).mask()));
    if (!place_scopes(program.layout, true) && !place_scopes(program.layout, false))
        emitter.complain(design.design().span,
                         "world '" + world.name + "' is too large for a state of " +
                             std::to_string(State::max_words) + " words");
    if (out.size() != before)
        return std::nullopt;
    for (const Instruction &instruction : program.code) {
        program.searches |= instruction.code == Code::twin;
        program.orders_processes |=
            instruction.code == Code::twin || instruction.code == Code::next_mapping;
    }
    program.unread_ghosts = find_unread_ghosts(program);
    fill_access(program);
    fill_start(program);
    fill_menus(program);
    return program;
}

void check_design(const DesignText &design, const PropertySet &properties,
                  const std::vector<const World *> &worlds, Diagnostics &out) {
    const ast::Design &own = design.design();
    const auto twice = [&](const auto &list, std::string_view what, const auto &same) {
        for (std::size_t i = 0; i < list.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                if (same(list[i], list[j]))
                    complain_twice(list[i].span, list[j].span,
                                   std::string(what) + "'" + list[i].name + "'", out);
    };
    twice(own.predicates, "predicate ",
          [](const auto &a, const auto &b) { return a.name == b.name; });
    twice(own.handlers, "", [](const auto &a, const auto &b) {
        return a.name == b.name && a.kind == b.kind;
    });
    std::vector<std::string_view> names;
    for (const auto &property : properties.properties)
        names.push_back(property.name);
    for (const auto &expectation : own.expectations)
        if (std::find(names.begin(), names.end(), expectation.property) == names.end())
            out.push_back({expectation.span,
                           "there is no property '" + expectation.property + "'",
                           did_you_mean(expectation.property, names)});
    std::vector<std::string_view> world_names;
    for (const World *world : worlds)
        world_names.push_back(world->name);
    for (const auto &expectation : own.expectations)
        for (const auto &[span, name] : expectation.worlds)
            if (std::find(world_names.begin(), world_names.end(), name) == world_names.end())
                out.push_back({span, "there is no world '" + name + "'",
                               did_you_mean(name, world_names)});
    std::set<const ast::Handler *> reached;
    std::set<const ast::Predicate *> used;
    const std::size_t before = out.size();
    for (const World *world : worlds) {
        Program program;
        program.world = *world;
        program.layout = first_layout(*world);
        program.rests.emplace_back();
        Emitter emitter(program, out);
        Handlers handlers(emitter, design);
        for (const MenuItem &item : all_items(*world))
            handlers.operation(item);
        reached.insert(handlers.reached().begin(), handlers.reached().end());
        used.insert(handlers.used().begin(), handlers.used().end());
        if (out.size() != before)
            return; // the other worlds would complain about the same
    }
    complain_of_unused(design, used, out);
    for (const auto &handler : own.handlers)
        if (reached.count(&handler) == 0) {
            const bool operation = handler.kind == ast::HandlerKind::operation;
            std::vector<std::string_view> known;
            for (const auto &about : operation_table)
                known.push_back(about.name);
            out.push_back({handler.span,
                           operation ? "there is no operation '" + handler.name + "' to start"
                                     : "nothing calls '" + handler.name + "'",
                           operation ? did_you_mean(handler.name, known) : std::string{}});
        }
}

} // namespace cowcheck
