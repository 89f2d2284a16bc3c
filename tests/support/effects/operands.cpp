#include "tests/support/effects/operands.h"

#include <array>
#include <bit>
#include <string_view>

namespace cowcheck::test {

namespace {

// What registers hold, a letter each for a, b and c: a page, an mm, a va, an entry (of a page
// table), an index (of a PTE), a cpu, a pin, a truth; '.' says nothing. Of codes that are not here
// they are truths.
struct OperandKinds {
    Code code;
    std::string_view kinds;
};
constexpr auto operand_kinds = std::to_array<OperandKinds>({
    {Code::end, "p.."},
    {Code::move, ".e."},
    {Code::store, "t.."},
    {Code::store_local, "e.."},
    {Code::pte_index, ".mv"},
    {Code::tlb_index, ".cv"},
    {Code::bit, ".e."},
    {Code::put_bit, "e.t"},
    {Code::frame, ".e."},
    {Code::leaf, ".mv"},
    {Code::head, ".p."},
    {Code::other, ".p."},
    {Code::large_mapcount, ".p."},
    {Code::mapped_shared, ".p."},
    {Code::count_mapping, "pm."},
    {Code::subpage, ".pv"},
    {Code::put_frame, "e.p"},
    {Code::is_anon, ".p."},
    {Code::is_counted, ".p."},
    {Code::is_migration, ".e."},
    {Code::is_free, ".p."},
    {Code::lock_page, "p.."},
    {Code::unlock_page, "p.."},
    {Code::trylock_page, ".p."},
    {Code::wait_page, "p.."},
    {Code::lru_add, "p.."},
    {Code::get, "p.."},
    {Code::try_get, ".p."},
    {Code::put, "p.."},
    {Code::copy, ".p."},
    {Code::next_mapping, ".p."},
    {Code::twin, ".p."},
    {Code::identical, ".pp"},
    {Code::swap_write, "p.."},
    {Code::set_pte, "ei."},
    {Code::set_leaf, "emv"},
    {Code::set_pmd, "em."},
    {Code::fill_table, "em."},
    {Code::copy_huge, ".e."},
    {Code::copy_into, "pp."},
    {Code::split_folio, ".p."},
    {Code::share_pte, "e.m"},
    {Code::start_mm, "m.."},
    {Code::note_shared, "e.."},
    {Code::entitled_mm, ".mp"},
    {Code::entitled_pin, ".np"},
    {Code::holds_expected, ".mp"},
    {Code::zapping, ".mv"},
    {Code::wp_promised, ".mv"},
    {Code::stores_barred, ".mv"},
    {Code::translated, ".mv"},
    {Code::quiet_mm, ".m."},
    {Code::references, ".p."},
    {Code::mappings, ".p."},
    {Code::pmd_mappings, ".p."},
    {Code::reachable, ".mp"},
    {Code::mapped_outside, ".p."},
});

}  // namespace

char kind_of(const Instruction& i, std::uint8_t operand) {
    switch (operand) {
    case Operand::mm: return 'm';
    case Operand::va: return 'v';
    case Operand::pin: return 'n';
    default: break;
    }
    const bool element = i.code == Code::load || i.code == Code::store ||
                         i.code == Code::add_field || i.code == Code::sub_field;
    if (element && operand == Operand::b) switch (info(static_cast<Field>(i.c)).scope) {
        case Scope::mm: return 'm';
        case Scope::pte: return 'i';
        case Scope::page: return 'p';
        case Scope::pin: return 'n';
        default: return 't';
        }
    for (const OperandKinds& one : operand_kinds)
        if (one.code == i.code)
            return one.kinds[static_cast<std::size_t>(std::countr_zero(operand))];
    return 't';
}

std::uint8_t names_of(const Instruction& i, unsigned reg) {
    std::uint8_t names = 0;
    for (unsigned bit = 0; bit < 6; ++bit)
        if (register_of(i, static_cast<std::uint8_t>(1U << bit)) == reg)
            names |= static_cast<std::uint8_t>(1U << bit);
    return names;
}

}  // namespace cowcheck::test
