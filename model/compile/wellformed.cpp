#include "model/compile/wellformed.h"

#include "model/compile/flow.h"
#include "model/isa/effects.h"

#include <algorithm>
#include <bitset>
#include <initializer_list>
#include <optional>

namespace cowcheck {

namespace {

using Registers = std::bitset<Reg::count>;

std::string at(std::size_t address) { return " at instruction " + std::to_string(address); }

Registers constants() {
    Registers known;
    for (unsigned i = 0; i < Reg::constants; ++i) known.set(Reg::zero + i);
    return known;
}

Registers known_to_operations() {
    Registers known = constants();
    for (const std::uint8_t reg : {Reg::mm, Reg::va, Reg::pin}) known.set(reg);
    return known;
}
Registers known_to_states() {
    Registers known = constants();
    for (const std::uint8_t reg : {Reg::page, Reg::writes}) known.set(reg);
    return known;
}
Registers known_to_events() { return known_to_operations() | known_to_states(); }

// The first register that an instruction reads and that need not have been written.
std::optional<std::uint8_t> unknown_operand(const Instruction& i, const Registers& known) {
    const std::uint8_t operands = effects_of(i).operands;
    for (std::uint8_t one = Operand::a; one <= Operand::pin;
         one = static_cast<std::uint8_t>(one << 1U))
        if ((operands & one) != 0 && !known.test(register_of(i, one))) return register_of(i, one);
    return std::nullopt;
}

void write_results(const Instruction& i, Registers& known) {
    const std::uint8_t results = effects_of(i).results;
    for (std::uint8_t one = Operand::a; one <= Operand::pin;
         one = static_cast<std::uint8_t>(one << 1U))
        if ((results & one) != 0) known.set(register_of(i, one));
}

// Along every path from here on, what a register holds is known when it is read. Registers live
// for one step: behind a rest, no more is known than at the entry, but for those who never rest.
std::string wrong_flow(const Program& program, std::size_t entry, const Registers& at_entry,
                       bool one_step) {
    std::vector<std::optional<Registers>> known(program.code.size());
    std::vector<std::pair<std::size_t, Registers>> work{{entry, at_entry}};
    while (!work.empty()) {
        auto [address, registers] = work.back();
        work.pop_back();
        if (address >= program.code.size()) return "control leaves the code";
        const Instruction& i = program.code[address];
        if (i.code == Code::rest && !one_step) registers = at_entry;
        if (known[address]) {
            registers &= *known[address];
            if (registers == *known[address]) continue;
        }
        known[address] = registers;
        if (const auto reg = unknown_operand(i, registers))
            return "register " + std::to_string(*reg) + " is read before it is written" +
                   at(address);
        write_results(i, registers);
        for (const std::uint16_t next : successors(i, address)) work.emplace_back(next, registers);
    }
    return "";
}

// Whether an end can be reached from there.
bool comes_to_an_end(const Program& program, std::size_t entry) {
    bool ends = false;
    each_reachable(program.code, entry, false,
                   [&](std::size_t address) { ends |= program.code[address].code == Code::end; });
    return ends;
}

std::string wrong_rest(const Program& program, std::size_t address) {
    const Instruction& i = program.code[address];
    if (i.code != Code::rest) return "";
    if (i.imm == 0 || i.imm >= program.rests.size())
        return "there is no rest " + std::to_string(i.imm) + at(address);
    const std::size_t known = program.rests[i.imm].address;
    if (known >= program.code.size() || program.code[known].code != Code::rest ||
        program.code[known].imm != i.imm)
        return "rest " + std::to_string(i.imm) + " is not where it says" + at(address);
    return "";
}

template <class Visit>
std::string first_wrong(const Program& program, std::size_t entry, Visit&& visit) {
    std::string wrong;
    each_reachable(program.code, entry, false, [&](std::size_t address) {
        if (wrong.empty()) wrong = visit(address);
    });
    return wrong;
}

std::string wrong_check(const Program& program, std::uint16_t entry, const Registers& known) {
    if (entry == 0xffff) return "";
    const std::string wrong = first_wrong(program, entry, [&](std::size_t address) {
        const Instruction& i = program.code[address];
        const Effects effects = effects_of(i);
        if (i.code == Code::end && i.imm == static_cast<unsigned>(EndOf::plain))
            return std::string();
        if (i.code == Code::rest || effects.writes != 0 || effects.others_written != 0 ||
            effects.takes != 0 || effects.gives != 0 || effects.blocks != 0)
            return "a check changes the state, or waits" + at(address);
        if (i.code == Code::check && i.imm >= program.properties.size())
            return "there is no property " + std::to_string(i.imm) + at(address);
        return std::string();
    });
    if (!wrong.empty()) return wrong;
    if (!comes_to_an_end(program, entry)) return "a check has no end" + at(entry);
    return wrong_flow(program, entry, known, true);
}

// With what a check is given: the names of its event, or what states are asked by.
template <class Visit>
void each_check(const Program& program, Visit&& visit) {
    const auto both = [&](const CheckCode& code, const Registers& known) {
        visit(code.entry, known);
        visit(code.quick, known);
    };
    for (const CheckCode& code : program.on_event) both(code, known_to_events());
    both(program.always, known_to_states());
}

// Every bit of a state that a field has, once.
std::string overlap(const Layout& layout) {
    std::vector<std::uint16_t> used(layout.words);
    for (std::size_t f = 0; f < field_table.size(); ++f) {
        const FieldInfo& field = field_table[f];
        if (!layout.has(static_cast<Field>(f))) continue;
        for (unsigned n = 0; n < layout.size(field.scope); ++n) {
            const unsigned word = layout.element(field.scope, n) + field.word;
            const unsigned bits = unsigned{field.mask()} << field.shift;
            if (word >= layout.words)
                return "field " + std::string(field.name) + " has no place in a state";
            if ((used[word] & bits) != 0)
                return "field " + std::string(field.name) + " shares bits with another one";
            used[word] = static_cast<std::uint16_t>(used[word] | bits);
        }
    }
    return "";
}

bool has_code(const Program& program, std::initializer_list<Code> codes) {
    return std::any_of(program.code.begin(), program.code.end(), [&](const Instruction& i) {
        return std::find(codes.begin(), codes.end(), i.code) != codes.end();
    });
}

// How many page tables map the page: PTEs, and each half of a huge PMD. What only a PTE maps
// under a huge PMD is not there.
unsigned mappings_of(const Layout& layout, const State& state, unsigned frame) {
    unsigned mappings = 0;
    for (unsigned mm = 0; mm < layout.mms; ++mm)
        for (unsigned va = 0; va < layout.pages; ++va) {
            const unsigned leaf = layout.leaf(state, mm, va);
            mappings += (leaf & PteBit::present) != 0 && leaf >> PteBit::frame_shift == frame;
        }
    return mappings;
}

const std::vector<MenuItem>& menu_of(const Program& program, std::size_t thread) {
    return program.world.menu(program.world.threads[thread]);
}

}  // namespace

std::string wrong_code(const Program& program) {
    for (const OperationCode& operation : program.operations) {
        const bool one_step = info(operation.item.kind).actor == Actor::device;
        std::string wrong = wrong_flow(program, operation.entry, known_to_operations(), one_step);
        if (wrong.empty())
            wrong = first_wrong(program, operation.entry,
                                [&](std::size_t address) { return wrong_rest(program, address); });
        if (!wrong.empty()) return "operation " + to_text(operation.item) + ": " + wrong;
    }
    return "";
}

std::string wrong_questions(const Program& program) {
    for (std::size_t address = 0; address < program.code.size(); ++address)
        if (program.code[address].code == Code::frame && program.code[address].imm != 0)
            return "a question is left" + at(address);
    return "";
}

std::string wrong_strides(const Program& program) {
    const Layout& layout = program.layout;
    for (std::size_t f = 0; f < field_table.size(); ++f) {
        const FieldInfo& field = field_table[f];
        if (layout.has(static_cast<Field>(f)) &&
            field.word >= layout.stride[static_cast<std::size_t>(field.scope)])
            return "field " + std::string(field.name) + " is beyond its element";
    }
    if (has_code(program, {Code::trylock_vma, Code::lock_vma_write}) &&
        (layout.parts & Part::vma_lock) == 0)
        return "the VMA's lock is taken, and states have none";
    return "";
}

std::string wrong_checks(const Program& program) {
    std::string wrong;
    each_check(program, [&](std::uint16_t entry, const Registers& known) {
        if (wrong.empty()) wrong = wrong_check(program, entry, known);
    });
    return wrong;
}

std::string wrong_rests(const Program& program) {
    std::vector<bool> reached(program.rests.size(), false);
    for (const OperationCode& operation : program.operations)
        each_reachable(program.code, operation.entry, false, [&](std::size_t address) {
            const Instruction& i = program.code[address];
            if (i.code == Code::rest && i.imm < reached.size()) reached[i.imm] = true;
        });
    for (std::size_t r = 1; r < reached.size(); ++r) {
        if (!reached[r]) return "no operation comes to rest " + std::to_string(r);
        const Rest& rest = program.rests[r];
        if (rest.operation >= program.operations.size() || rest.locals > rest.frames.size() ||
            rest.processes > rest.mms.size() || (rest.counted >> rest.locals) != 0)
            return "rest " + std::to_string(r) + " names what there is not";
    }
    return wrong_code(program);
}

// S. R. Kosaraju's way, so that it has nothing in common with compile/loops.cpp: from the rests
// that are done last, against the arrows.
std::string wrong_loops(const Program& program) {
    const auto next = next_rests(program);
    std::vector<std::vector<std::uint16_t>> before(next.size());
    for (std::size_t r = 1; r < next.size(); ++r)
        for (const std::uint16_t to : next[r]) before[to].push_back(static_cast<std::uint16_t>(r));
    std::vector<bool> seen(next.size(), false);
    std::vector<std::size_t> done;
    const auto visit = [&](const auto& self, std::size_t rest, const auto& arrows,
                           std::vector<std::size_t>& out) -> void {
        seen[rest] = true;
        for (const std::uint16_t to : arrows[rest])
            if (!seen[to]) self(self, to, arrows, out);
        out.push_back(rest);
    };
    for (std::size_t r = 1; r < next.size(); ++r)
        if (!seen[r]) visit(visit, r, next, done);
    seen.assign(next.size(), false);
    for (auto last = done.rbegin(); last != done.rend(); ++last) {
        if (seen[*last]) continue;
        std::vector<std::size_t> component;
        visit(visit, *last, before, component);
        for (const std::size_t r : component) {
            if (is_oops(program.code, program.rests[r].address)) continue;
            const bool to_itself = std::find(next[r].begin(), next[r].end(), r) != next[r].end();
            const bool in_loop = component.size() > 1 || to_itself;
            if (in_loop != program.rests[r].in_loop)
                return "rest " + std::to_string(r) +
                       (in_loop ? " is in a loop" : " is in no loop") + ", and is not said to be";
        }
    }
    return "";
}

std::string wrong_places(const Program& program) {
    const Layout& layout = program.layout;
    if (layout.words > State::max_words) return "a state has too few words";
    if (layout.thread_words % 4 != 0 ||
        layout.thread_words != layout.base[static_cast<std::size_t>(Scope::thread)])
        return "threads do not pack separately";
    return overlap(layout);
}

std::string wrong_searches(const Program& program) {
    if (has_code(program, {Code::twin}) && !program.searches)
        return "a handler finds pages by their content, which nobody knows";
    if (has_code(program, {Code::twin, Code::next_mapping}) && !program.orders_processes)
        return "a handler goes from process to process, which nobody knows";
    return "";
}

std::string wrong_ways(const Program& program) {
    for (const WayUse& use : way_uses)
        if ((program.ways.*use.of & ~unsigned{ways_asked_for.*use.of}) != 0)
            return "column " + std::string(use.name) + " has a way that it does not ask for";
    for (const WayRow& row : way_table) {
        const bool field = row.where.value == Where::has_field;
        if (field && !program.layout.has(row.slots.value.field) &&
            ((program.ways.readers | program.ways.apart | program.ways.sharing |
              program.ways.renaming) &
             ways(row.way.value)) != 0)
            return "way " + std::string(row.name.value) + " has no field";
    }
    return "";
}

std::string wrong_ghosts(const Program& program) {
    std::string wrong;
    each_check(program, [&](std::uint16_t entry, const Registers&) {
        if (entry == 0xffff || !wrong.empty()) return;
        wrong = first_wrong(program, entry, [&](std::size_t address) {
            const Effects effects = effects_of(program.code[address]);
            return (effects.reads & ghost_fields & program.unread_ghosts) != 0
                       ? "a ghost is asked for that is forgotten" + at(address)
                       : std::string();
        });
    });
    return wrong;
}

std::string wrong_access(const Program& program) {
    const Layout& layout = program.layout;
    for (std::size_t f = 0; f < field_table.size(); ++f) {
        const FieldInfo& field = field_table[f];
        const Program::Access& access = program.access[f];
        const bool there = layout.has(static_cast<Field>(f));
        if (!there && access.mask == 0) continue;
        if (!there || access.base != layout.element(field.scope, 0) + field.word ||
            access.stride != layout.stride[static_cast<std::size_t>(field.scope)] ||
            access.shift != field.shift || access.mask != layout.largest(static_cast<Field>(f)))
            return "field " + std::string(field.name) + " is looked for elsewhere";
    }
    return "";
}

std::string wrong_start(const Program& program) {
    const Layout& layout = program.layout;
    const State& state = program.start;
    if (layout.work(state).threads != 0) return "somebody is under way at the start";
    for (unsigned word = layout.words; word < State::max_words; ++word)
        if (state.words[word] != 0) return "a word is set that no field has";
    for (unsigned frame = 0; frame < layout.size(Scope::page); ++frame) {
        const bool outside = frame < program.outside_of.size() &&
                             program.outside_of[frame].mappings != OutsideOf::none;
        const unsigned mapcount = layout.get(state, Field::mapcount, frame);
        if (mapcount == 0 || outside || layout.get(state, Field::compound, frame) != 0) continue;
        if (mapcount != mappings_of(layout, state, frame))
            return "page " + std::to_string(frame) + " has other mappings than page tables say";
    }
    return "";
}

std::string wrong_menus(const Program& program) {
    if (program.menus.size() != program.world.threads.size()) return "a thread has no menu";
    for (std::size_t thread = 0; thread < program.menus.size(); ++thread) {
        const std::vector<MenuItem>& wanted = menu_of(program, thread);
        const std::vector<std::uint16_t>& menu = program.menus[thread];
        const auto same = [&](std::uint16_t number, const MenuItem& item) {
            return number < program.operations.size() && program.operations[number].item == item;
        };
        if (!std::equal(menu.begin(), menu.end(), wanted.begin(), wanted.end(), same))
            return "thread " + std::to_string(thread) + " may start something else";
    }
    for (const std::uint16_t number : program.device_menu)
        if (number >= program.operations.size() ||
            info(program.operations[number].item.kind).actor != Actor::device)
            return "a device may start what is none of its operations";
    return "";
}

std::string wrong_movers(const Program& program) {
    for (std::size_t r = 1; r < program.rests.size(); ++r) {
        const Instruction& rest = program.code[program.rests[r].address];
        if (rest.a > Mover::both) return "rest " + std::to_string(r) + " is no sort of mover";
        if (rest.a != Mover::separate && is_oops(program.code, program.rests[r].address))
            return "an oops is passed at rest " + std::to_string(r);
        if (rest.a != Mover::separate && !program.asked.no_joining.empty())
            return "rest " + std::to_string(r) + " may be passed, and nothing is to be joined";
        if (rest.a != Mover::none && rest.a != Mover::separate && rest.target != 0)
            return "rest " + std::to_string(r) + " is a mover, and asks whether it is one";
    }
    for (std::size_t address = 0; address < program.code.size(); ++address) {
        const Instruction& i = program.code[address];
        if (i.code == Code::rest && i.imm != 0 &&
            !(i == program.code[program.rests[i.imm].address]))
            return "two instructions of rest " + std::to_string(i.imm) + " differ" + at(address);
    }
    return "";
}

}  // namespace cowcheck
