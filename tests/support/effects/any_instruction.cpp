#include "tests/support/effects/any_instruction.h"

#include "tests/support/effects/operands.h"
#include "tests/support/effects/seen.h"

#include <algorithm>
#include <array>

namespace cowcheck::test {

namespace {

// What stands for itself only in the place that the compiler gives it.
constexpr std::array never_made_up{Code::rest, Code::jump, Code::load_local, Code::store_local};
constexpr std::array of_thp{Code::large_mapcount, Code::mapped_shared, Code::count_mapping,
                            Code::subpage,        Code::set_leaf,      Code::set_pmd,
                            Code::fill_table,     Code::zap_pmd,       Code::alloc_huge,
                            Code::copy_huge,      Code::split_folio,   Code::pmd_mappings};

bool is_one_of(Code code, const auto& codes) {
    return std::find(codes.begin(), codes.end(), code) != codes.end();
}

bool is_possible(const Program& program, Code code) {
    const World& world = program.world;
    return !is_one_of(code, never_made_up) && program.layout.size(Scope::pin) != 0 &&
           (world.thp() || !is_one_of(code, of_thp)) && (world.swap() || code != Code::swap_write);
}

// A field that such an instruction may name. Designs store few of the fields.
std::optional<std::uint8_t> any_field(const Program& program, Code code, Dice& dice) {
    auto field = static_cast<std::uint8_t>(dice.below(field_table.size()));
    if (code != Code::load) {
        std::vector<std::uint8_t> stored;
        for (const Instruction& i : program.code)
            if (i.code == code) stored.push_back(i.c);
        if (stored.empty()) return std::nullopt;
        field = dice.one_of(stored);
    }
    const Scope scope = field_table[field].scope;
    if (!program.layout.has(static_cast<Field>(field)) || scope == Scope::thread ||
        scope == Scope::outside || program.layout.size(scope) == 0)
        return std::nullopt;
    return field;
}

std::uint16_t any_imm(Code code, Dice& dice) {
    if (code == Code::bit || code == Code::put_bit)
        return static_cast<std::uint16_t>(1U << dice.below(8));
    const unsigned kinds = code == Code::end || code == Code::copy || code == Code::give_up ? 3
                           : goes_by_imm(code)                                              ? 2
                                                                                            : 4;
    return static_cast<std::uint16_t>(dice.below(kinds));
}

// Two pages are one if both say so. A PMD is none, huge, or of a page table; no PTE is huge.
void settle_folios(const Layout& l, State& state) {
    const auto get = [&](Field field, unsigned i) { return l.get(state, field, i); };
    for (unsigned f = 0; f < l.size(Scope::page); ++f) {
        const unsigned half = get(Field::other_half, f);
        if (get(Field::compound, f) != 0 && half < l.size(Scope::page) &&
            get(Field::other_half, half) == f &&
            get(Field::compound, f) + get(Field::compound, half) == 3)
            continue;
        l.set(state, Field::compound, f, 0);
        l.set(state, Field::other_half, f, 0);
    }
    for (unsigned mm = 0; mm < l.mms; ++mm) {
        const unsigned pmd = get(Field::pmd, mm);
        const unsigned head = l.head_of(state, pmd >> PteBit::frame_shift);
        const bool huge = (pmd & PteBit::huge) != 0 && (pmd & PteBit::present) != 0;
        l.set(state, Field::pmd, mm,
              huge       ? (pmd & 0xffU) | (head << PteBit::frame_shift)
              : pmd != 0 ? PteBit::table
                         : 0U);
    }
    for (unsigned i = 0; i < l.size(Scope::pte); ++i)
        if (const unsigned pte = get(Field::pte, i); (pte & PteBit::present) != 0)
            l.set(state, Field::pte, i, pte & ~unsigned{PteBit::huge});
}

}  // namespace

void settle(const Program& program, Instance& instance) {
    const Layout& l = program.layout;
    mend_frames(program, instance.state);
    const unsigned words = l.stride[static_cast<std::size_t>(Scope::page)];
    for (unsigned f = 0; f < l.size(Scope::page); ++f)
        if (l.get(instance.state, Field::kind, f) == 0)
            std::fill_n(&instance.state.words[l.element(Scope::page, f)], words, std::uint16_t{0});
    if (l.has(Field::pmd)) settle_folios(l, instance.state);
    if (instance.instruction.code == Code::end && instance.registers[Reg::pin] < l.size(Scope::pin))
        l.set(instance.state, Field::pin_state, instance.registers[Reg::pin],
              static_cast<unsigned>(PinState::pending));
}

std::optional<Instance> any_instance(const Program& program, Code code, const State& state,
                                     std::uint16_t target, Values& values, Dice& dice) {
    if (!is_possible(program, code)) return std::nullopt;
    Instance one;
    one.real = false;
    one.state = state;
    Instruction& i = one.instruction;
    i = {code, Reg::scratch, Reg::scratch + 1, Reg::scratch + 2, any_imm(code, dice), target};
    if (names_field(code)) {
        const std::optional<std::uint8_t> field = any_field(program, code, dice);
        if (!field) return std::nullopt;
        i.c = *field;
    }
    if (code == Code::wp_returned || code == Code::wp_resolved || code == Code::give_up ||
        code == Code::bar_stores)
        i.c = static_cast<std::uint8_t>(dice.below(2));
    for (unsigned bit = 0; bit < 6; ++bit) {
        const auto operand = static_cast<std::uint8_t>(1U << bit);
        if (operand == Operand::c && names_field(code)) continue;
        one.registers[register_of(i, operand)] = values.of_kind(kind_of(i, operand));
    }
    settle(program, one);
    const bool checks = code == Code::check || code == Code::assert_;
    const bool asks = code >= Code::entitled_mm;  // by a property, or by a design
    if (!checks && (!asks || dice.below(2) == 0))
        one.thread = dice.below(program.world.threads.size());
    return one;
}

}  // namespace cowcheck::test
