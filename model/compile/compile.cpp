#include "model/compile/compile.h"

#include "model/compile/applicable.h"
#include "model/compile/checks.h"
#include "model/compile/ghosts.h"
#include "model/compile/handlers.h"
#include "model/compile/mapped_pages.h"
#include "model/compile/merge_rests.h"
#include "model/compile/start_state.h"
#include "model/compile/state_size.h"

#include <algorithm>
#include <set>

namespace cowcheck {

namespace {

constexpr std::size_t index_of(Scope scope) { return static_cast<std::size_t>(scope); }

// Each element as wide as the fields that states of this world have.
void widen(Layout& layout) {
    for (std::size_t i = 0; i < field_table.size(); ++i) {
        const FieldInfo& field = field_table[i];
        if (!layout.has(static_cast<Field>(i))) continue;
        auto& stride = layout.stride[index_of(field.scope)];
        stride = std::max(stride, static_cast<std::uint8_t>(field.word + 1));
    }
}

Layout first_layout(const World& world) {
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

// Whether a mapping can end in a process that does not exit. The operations' code is there in
// their order.
bool zaps_while_others_run(const Program& program) {
    for (std::size_t n = 0; n < program.operations.size(); ++n) {
        if (program.operations[n].item.kind == OperationKind::exit) continue;
        const std::size_t end = n + 1 < program.operations.size() ? program.operations[n + 1].entry
                                                                  : program.code.size();
        for (std::size_t at = program.operations[n].entry; at < end; ++at)
            if (program.code[at].code == Code::zap_pte || program.code[at].code == Code::zap_pmd)
                return true;
    }
    return false;
}

// Fields that only the design's text asks for.
void add_parts(Program& program) {
    const bool locks_vmas =
        std::any_of(program.code.begin(), program.code.end(), [](const Instruction& i) {
            return i.code == Code::trylock_vma || i.code == Code::lock_vma_write;
        });
    if (locks_vmas) program.layout.parts |= Part::vma_lock;
    if (zaps_while_others_run(program)) program.layout.parts |= Part::zaps;
    widen(program.layout);
}

// One scope after the other, threads last and on a multiple of four words, so that they pack
// separately; the pages likewise, if there is room for that.
bool place_scopes(Layout& layout, bool pages_apart) {
    unsigned at = 0;
    for (const Scope scope : {Scope::mm, Scope::pte, Scope::page, Scope::pin, Scope::tlb,
                              Scope::outside, Scope::thread}) {
        if (scope == Scope::thread || (scope == Scope::page && pages_apart)) at = (at + 3U) & ~3U;
        if (scope == Scope::thread) layout.thread_words = static_cast<std::uint8_t>(at);
        layout.base[index_of(scope)] = static_cast<std::uint8_t>(at);
        at += unsigned{layout.stride[index_of(scope)]} * layout.count[index_of(scope)];
        if (at > State::max_words) return false;
    }
    layout.words = static_cast<std::uint8_t>(at);
    return true;
}

// The ways to pages that states of the program can have, of those that are asked for.
WaysUsed ways_of(const Program& program) {
    const auto is_there = [&](const WayRow& row) {
        switch (row.where.value) {
        case Where::always: return true;
        case Where::has_field: return program.layout.has(row.slots.value.field);
        case Where::thp: return program.layout.has(Field::compound);
        case Where::migration: return program.world.migration();
        case Where::swap: return program.world.swap();
        case Where::search: return program.searches;
        }
        return false;
    };
    WaySet there = 0;
    for (const WayRow& row : way_table)
        if (is_there(row)) there |= ways(row.way.value);
    WaysUsed used = ways_asked_for;
    for (const WayUse& use : way_uses) used.*use.of &= there;
    return used;
}

void fill_access(Program& program) {
    for (std::size_t i = 0; i < field_table.size(); ++i) {
        const FieldInfo& field = field_table[i];
        if (!program.layout.has(static_cast<Field>(i))) continue;  // reads as 0
        program.access[i] = {
            static_cast<std::uint8_t>(program.layout.base[index_of(field.scope)] + field.word),
            program.layout.stride[index_of(field.scope)], field.shift,
            program.layout.largest(static_cast<Field>(i))};
    }
}

// The operations of all menus, each once; unpin once for each kind of pin, since
// what it does follows from how the pin was taken.
std::vector<MenuItem> all_items(const World& world) {
    std::vector<MenuItem> items;
    const auto add = [&](const MenuItem& item) {
        if (std::find(items.begin(), items.end(), item) == items.end()) items.push_back(item);
    };
    for (const Process& process : world.processes)
        for (const MenuItem& item : process.menu) add(item);
    for (const auto* menu :
         {&world.monitor_menu, &world.procfs_menu, &world.kernel_menu, &world.secondary_menu})
        for (const MenuItem& item : *menu) add(item);
    const auto taken = items;
    for (const MenuItem& item : world.device_menu) {
        if (item.kind != OperationKind::unpin) {
            add(item);
            continue;
        }
        for (const MenuItem& gup : taken)
            if (info(gup.kind).needs == Needs::pin_slot) add({OperationKind::unpin, gup.flags});
    }
    return items;
}

// Whether the end can be reached from the entry within the first step.
bool can_be_instant(const Program& program, std::size_t address, bool entered,
                    std::vector<bool>& seen) {
    for (;;) {
        if (address >= program.code.size()) return false;
        const Instruction& i = program.code[address];
        if (i.code == Code::end) return true;
        if (i.code == Code::rest) {
            if (entered && i.a == 0) return false;
            entered = true;
        }
        if (seen[address]) return false;
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

void fill_menus(Program& program) {
    const auto number_of = [&](const MenuItem& item) {
        for (std::size_t i = 0; i < program.operations.size(); ++i)
            if (program.operations[i].item == item) return static_cast<std::uint16_t>(i);
        return std::uint16_t{0};
    };
    for (OperationCode& operation : program.operations) {
        std::vector<bool> seen(program.code.size(), false);
        operation.can_be_instant = can_be_instant(program, operation.entry, false, seen);
    }
    for (const Thread& thread : program.world.threads) {
        program.menus.emplace_back();
        for (const MenuItem& item : program.world.menu(thread))
            program.menus.back().push_back(number_of(item));
    }
    for (std::size_t i = 0; i < program.operations.size(); ++i)
        if (info(program.operations[i].item.kind).actor == Actor::device)
            program.device_menu.push_back(static_cast<std::uint16_t>(i));
}

// What the world's menus name, from nothing.
Handlers compile_operations(Emitter& emitter, const DesignText& design, const World& world) {
    Program& program = emitter.program();
    emitter.shrink(0);
    program = Program();
    program.world = world;
    program.layout = first_layout(world);
    program.rests.emplace_back();  // idle
    Handlers handlers(emitter, design);
    for (const MenuItem& item : all_items(world)) handlers.operation(item);
    return handlers;
}

// Compiles the operations again, by what the first time has shown of their pages.
void apply_proofs(Emitter& emitter, const DesignText& design, const World& world, bool trust) {
    PageProofs proofs = prove_pages(emitter);
    if (proofs.unmapped.empty() && !trust) return;
    emitter.ask_at(std::move(proofs.unmapped));
    if (trust) emitter.trust_but_at(std::move(proofs.unused));
    (void)compile_operations(emitter, design, world);
    if (!trust) return;
    Program& program = emitter.program();
    program.trusts_counts = true;
    proofs = prove_pages(emitter);
    for (std::size_t rest = 0; rest < program.rests.size(); ++rest)
        program.rests[rest].counted = proofs.counted[rest];
}

void complain_of_size(Emitter& emitter, const SourceSpan& span, const Program& program) {
    const ScopeSizes sizes = sizes_in_words(program.layout);
    emitter.complain(span,
                     "the states of world '" + program.world.name +
                         "' are too large: " + std::to_string(total(sizes)) +
                         " bits, and there is room for " + std::to_string(16 * State::max_words),
                     "what takes them:\n" + size_table(program.layout, sizes, "    "));
}

// Of where a thread rests, a state keeps 12 bits.
void complain_of_steps(Emitter& emitter, const Program& program) {
    constexpr std::size_t most = info(Field::pc).mask();
    if (program.rests.size() <= most) return;
    std::vector<std::size_t> steps(program.operations.size());
    for (std::size_t rest = 1; rest < program.rests.size(); ++rest)
        ++steps[program.rests[rest].operation];
    const auto longest = std::max_element(steps.begin(), steps.end());
    const OperationCode& operation =
        program.operations[static_cast<std::size_t>(longest - steps.begin())];
    emitter.complain(operation.span,
                     "operation '" + to_text(operation.item) + "' has " + std::to_string(*longest) +
                         " steps, with what it calls; all operations of a world have room for " +
                         std::to_string(most - 1) + " and need " +
                         std::to_string(program.rests.size() - 1),
                     "put statements that nobody can come between into atomic { }");
}

// A definition stands once over all files of a design.
void complain_twice(const SourceSpan& span, const SourceSpan& first, const std::string& what,
                    Diagnostics& out) {
    const bool one_file = span.file == first.file;
    out.push_back({span,
                   what + " is defined twice in this " + (one_file ? "file" : "design") +
                       "; the first is in " + (one_file ? "" : first.file->name + " ") + "line " +
                       std::to_string(first.line),
                   {}});
}

// A name that is mistyped overrides nothing, and would go unnoticed.
void complain_of_unused(const DesignText& design, const std::set<const ast::Predicate*>& used,
                        Diagnostics& out) {
    for (const ast::Predicate& predicate : design.design().predicates) {
        if (used.count(&predicate) != 0) continue;
        std::vector<std::string_view> others;
        for (const std::string_view name : design.predicate_names())
            if (name != predicate.name) others.push_back(name);
        out.push_back({predicate.span, "nothing uses the predicate '" + predicate.name + "'",
                       did_you_mean(predicate.name, others)});
    }
}

// An `expect` line about a world that the design says nothing about would never be looked at.
void complain_of_absent(const DesignText& design, const std::vector<const World*>& worlds,
                        Diagnostics& out) {
    for (const auto& expectation : design.design().expectations)
        for (const World* world : worlds) {
            if (!expectation.names(world->name)) continue;
            const std::vector<Absent> absent = not_applicable(design, *world);
            if (absent.empty()) continue;
            const auto about =
                std::find_if(expectation.worlds.begin(), expectation.worlds.end(),
                             [&](const auto& one) { return one.name == world->name; });
            out.push_back({about->span,
                           "there is nothing to expect in world '" + world->name +
                               "': the design has no operation '" + to_text(absent.front().item) +
                               "', which its menu names",
                           absent.front().why});
        }
}

}  // namespace

bool can_trust_counts(const World& world) { return !world.has_backing() && !world.thp(); }

std::optional<Program> compile(const DesignText& design, const PropertySet& properties,
                               const World& world, Diagnostics& out,
                               const CompileOptions& options) {
    const std::size_t before = out.size();
    Program program;
    Emitter emitter(program, out);
    (void)compile_operations(emitter, design, world);
    if (out.size() == before)
        apply_proofs(emitter, design, world, options.trust_counts && can_trust_counts(world));
    if (out.size() != before) return std::nullopt;
    for (Instruction& instruction : program.code)
        if (instruction.code == Code::frame)
            instruction.imm = 0;  // it only told where pages are asked for
    add_parts(program);
    compile_checks(emitter, properties, options.decided);
    drop_unreached_rests(program);
    complain_of_steps(emitter, program);
    if (!place_scopes(program.layout, true) && !place_scopes(program.layout, false))
        complain_of_size(emitter, design.design().span, program);
    if (out.size() != before) return std::nullopt;
    for (const Instruction& instruction : program.code) {
        program.searches |= instruction.code == Code::twin;
        program.orders_processes |=
            instruction.code == Code::twin || instruction.code == Code::next_mapping;
    }
    program.ways = ways_of(program);
    program.unread_ghosts = find_unread_ghosts(program);
    fill_access(program);
    fill_start(program);
    fill_menus(program);
    return program;
}

std::vector<Absent> not_applicable(const DesignText& design, const World& world) {
    Diagnostics out;
    Program program;
    Emitter emitter(program, out);
    emitter.let_absent();
    (void)compile_operations(emitter, design, world);
    return emitter.absent();
}

World without_absent(const DesignText& design, World world) {
    for (const Absent& absent : not_applicable(design, world)) {
        for (Process& process : world.processes) std::erase(process.menu, absent.item);
        for (auto* menu : {&world.monitor_menu, &world.procfs_menu, &world.kernel_menu,
                           &world.secondary_menu, &world.device_menu})
            std::erase(*menu, absent.item);
    }
    return world;
}

void check_design(const DesignText& design, const PropertySet& properties,
                  const std::vector<const World*>& worlds, Diagnostics& out) {
    const ast::Design& own = design.design();
    const auto twice = [&](const auto& list, std::string_view what, const auto& same) {
        for (std::size_t i = 0; i < list.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                if (same(list[i], list[j]))
                    complain_twice(list[i].span, list[j].span,
                                   std::string(what) + "'" + list[i].name + "'", out);
    };
    twice(own.predicates, "predicate ",
          [](const auto& a, const auto& b) { return a.name == b.name; });
    twice(own.handlers, "",
          [](const auto& a, const auto& b) { return a.name == b.name && a.kind == b.kind; });
    std::vector<std::string_view> names;
    for (const auto& property : properties.properties) names.push_back(property.name);
    for (const auto& expectation : own.expectations)
        if (std::find(names.begin(), names.end(), expectation.property) == names.end())
            out.push_back({expectation.span, "there is no property '" + expectation.property + "'",
                           did_you_mean(expectation.property, names)});
    std::vector<std::string_view> world_names;
    for (const World* world : worlds) world_names.push_back(world->name);
    for (const auto& expectation : own.expectations)
        for (const auto& [span, name] : expectation.worlds)
            if (std::find(world_names.begin(), world_names.end(), name) == world_names.end())
                out.push_back(
                    {span, "there is no world '" + name + "'", did_you_mean(name, world_names)});
    complain_of_absent(design, worlds, out);
    std::set<const ast::Handler*> reached;
    std::set<const ast::Predicate*> used;
    const std::size_t before = out.size();
    for (const World* world : worlds) {
        Program program;
        Emitter emitter(program, out);
        emitter.let_absent();  // a kernel need not have what some world wants
        const Handlers handlers = compile_operations(emitter, design, *world);
        reached.insert(handlers.reached().begin(), handlers.reached().end());
        used.insert(handlers.used().begin(), handlers.used().end());
        if (out.size() != before) return;  // the other worlds would complain about the same
    }
    complain_of_unused(design, used, out);
    for (const auto& handler : own.handlers)
        if (reached.count(&handler) == 0) {
            const bool operation = handler.kind == ast::HandlerKind::operation;
            std::vector<std::string_view> known;
            for (const auto& about : operation_table) known.push_back(about.name);
            out.push_back({handler.span,
                           operation ? "there is no operation '" + handler.name + "' to start"
                                     : "nothing calls '" + handler.name + "'",
                           operation ? did_you_mean(handler.name, known) : std::string{}});
        }
}

}  // namespace cowcheck
