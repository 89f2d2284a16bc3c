#include "tests/support/effects/changes.h"

#include <algorithm>
#include <iterator>

namespace cowcheck::test {

namespace {

// Each as way * 2^16 + place * 2^8 + page, sorted.
std::vector<std::uint32_t> ways_in(const Layout& l, const State& s, unsigned slot_frame) {
    std::vector<std::uint32_t> all;
    const auto add = [&](Way way, unsigned place, unsigned page) {
        all.push_back((static_cast<std::uint32_t>(way) << 16U) | (place << 8U) | page);
    };
    const auto get = [&](Field field, unsigned i) { return l.get(s, field, i); };
    for (unsigned i = 0; i < l.size(Scope::pte); ++i) {
        const unsigned entry = get(Field::pte, i);
        const unsigned pmd = get(Field::pmd, i / l.pages);
        const bool detached = l.has(Field::pmd) && (pmd == 0 || (pmd & PteBit::huge) != 0);
        if ((pmd & PteBit::huge) != 0) add(Way::huge_pmd, i, pmd >> PteBit::frame_shift);
        if ((entry & PteBit::present) != 0)
            add(detached ? Way::detached_table : Way::pte, i, entry >> PteBit::frame_shift);
        if (is_migration_entry(entry)) add(Way::migration_entry, i, entry >> PteBit::frame_shift);
        if ((entry & (PteBit::present | PteBit::migration)) == 0 && (entry & PteBit::swap) != 0)
            add(Way::swap_slot, i, slot_frame);
        if ((get(Field::spte, i) & PteBit::present) != 0)
            add(Way::secondary_mmu, i, get(Field::spte, i) >> PteBit::frame_shift);
    }
    for (unsigned i = 0; i < l.size(Scope::tlb); ++i) {
        if (get(Field::tlb_valid, i) != 0) add(Way::tlb, i, get(Field::tlb_page, i));
        if (get(Field::batch_valid, i) != 0) add(Way::lru_batch, i, get(Field::batch_page, i));
    }
    for (unsigned i = 0; i < l.size(Scope::pin); ++i)
        if (get(Field::pin_state, i) == static_cast<unsigned>(PinState::held))
            add(Way::pin, i, get(Field::pin_page, i));
    for (unsigned f = 0; f < l.size(Scope::page); ++f) {
        if (get(Field::swapcache, f) != 0) add(Way::swap_cache, f, f);
        if (get(Field::ksm, f) != 0) add(Way::ksm_page, f, f);
        if (get(Field::kind, f) == 0) add(Way::allocator, f, f);
        if (get(Field::compound, f) != 0) add(Way::other_half, f, get(Field::other_half, f));
        for (unsigned g = 0; g < f; ++g)
            if (f != slot_frame && ((get(Field::zeroed, f) != 0 && get(Field::zeroed, g) != 0) ||
                                    (get(Field::expected, f) & get(Field::expected, g)) != 0))
                add(Way::twin, f, g);
    }
    // Which locals hold pages only a rest says; any may.
    const auto stride = l.stride[static_cast<std::size_t>(Scope::thread)];
    for (unsigned t = 0; t < l.size(Scope::thread); ++t)
        for (unsigned w = first_local_word; w < stride; ++w) {
            unsigned word = s.words[l.element(Scope::thread, t) + w];
            if (w == first_local_word) word >>= first_local_bit;
            for (unsigned bit = 0; bit < 16; ++bit)
                if ((word >> bit & 1U) != 0) add(Way::local, t * 8 + w, bit);
        }
    std::sort(all.begin(), all.end());
    return all;
}

void note_locks(const Layout& l, Code code, const State& before, const State& after, bool real,
                Effects& seen) {
    // Where interrupts are off, a state does not say.
    unsigned taken = code == Code::irqs_off ? Held::irqs_off : 0U;
    if (code == Code::irqs_on) seen.gives |= Held::irqs_off;
    for (const LockOfField& one : lock_fields) {
        const bool page = info(one.field).scope == Scope::page;
        for (unsigned e = 0; l.has(one.field) && e < l.size(info(one.field).scope); ++e) {
            // What is freed has no lock; nor has a process that is gone.
            if (l.get(after, page ? Field::kind : Field::life, e) == 0) continue;
            if (!real && one.lock == Held::seq) continue;  // odd or even, who knows when
            const unsigned was = l.get(before, one.field, e);
            const unsigned is = l.get(after, one.field, e);
            if (is > was) taken |= one.lock;
            if (is < was) seen.gives |= one.lock;
        }
    }
    seen.takes |= static_cast<std::uint8_t>(taken);
    if (real) seen.tries |= static_cast<std::uint8_t>(~taken);  // of those that it ever takes
}

}  // namespace

void note_change(const Program& program, const Places& places, unsigned thread, Code code,
                 const State& before, const State& after, bool real, Effects& seen) {
    if (code != Code::split_folio)  // there it moves from the THP to the page
        note_locks(program.layout, code, before, after, real, seen);
    if (before == after) return;
    const Places::Difference changed = places.difference(before, after, thread);
    seen.writes |= changed.own;
    seen.clears |= changed.freed;
    seen.others_written |= changed.others;
    for (unsigned f = 0; f < program.layout.size(Scope::page); ++f) {
        const unsigned was = program.layout.get(before, Field::kind, f);
        const unsigned is = program.layout.get(after, Field::kind, f);
        seen.allocates = seen.allocates || (was == 0 && is != 0);
        seen.frees = seen.frees || (was != 0 && is == 0);
    }
}

void note_ways(const Program& program, const State& before, const State& after, Effects& seen) {
    if (before == after) return;
    const unsigned slot = program.world.swap() ? program.world.swap_frame() : no_thread;
    const auto first = ways_in(program.layout, before, slot);
    const auto then = ways_in(program.layout, after, slot);
    const auto note = [](const auto& in, const auto& not_in, WaySet& set) {
        std::vector<std::uint32_t> only;
        std::set_difference(in.begin(), in.end(), not_in.begin(), not_in.end(),
                            std::back_inserter(only));
        for (const std::uint32_t one : only) set |= static_cast<WaySet>(1U << (one >> 16U));
    };
    note(then, first, seen.opens);
    note(first, then, seen.closes);
}

}  // namespace cowcheck::test
