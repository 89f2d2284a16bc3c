// Ghost data that no property can ask for any more, whatever happens next. A
// content's readers are found the way data flows: a process reads what it maps,
// what a TLB of its CPUs or a secondary MMU still translates to, or what one of its
// handlers is about to copy; a pin's holder reads the page of the pin. Data gets from
// page to page only by copies that a handler makes of a page it has in a local.
#include "checker/canonical.h"

namespace cowcheck {

void Canonical::forget_dead_ghosts(State &state) const {
    const Layout &l = p_.layout;
    std::array<std::uint16_t, no_frame + 1> readers{}; // by frame: bits like Field::entitled
    unsigned swapped = 0;   // processes with a swap entry
    unsigned migrating = 0; // ... with a migration entry
    unsigned kept = 0;      // expectations that tell that two pages hold the same
    for (const FrameSlot &slot : slots_)
        readers[slot.frame(state)] |= slot.reader;
    // Whoever works on one page of a THP may come to hold all of it.
    const bool thp = l.has(Field::compound);
    for (const FrameSlot &slot : slots_)
        if (thp && slot.of_table && slot.frame(state) != no_frame)
            readers[l.other_half(state, slot.frame(state))] |= slot.reader;
    for (unsigned mm = 0; has_entries_ && mm < l.mms; ++mm)
        for (unsigned va = 0; va < l.pages; ++va) {
            const unsigned pte = l.get(state, Field::pte, l.pte_index(mm, va));
            if (is_migration_entry(pte))
                migrating |= 1U << mm;
            else if ((pte & PteBit::present) == 0 && (pte & PteBit::swap) != 0)
                swapped |= 1U << mm;
        }
    // Who has a migration entry reads what the kernel is about to put there; who has a swap
    // entry what the slot holds, or the swap cache, or what a handler is about to put there.
    for (unsigned f = 0; swapped != 0 && f < l.size(Scope::page); ++f)
        if (f == p_.world.swap_frame() || l.get(state, Field::swapcache, f) != 0)
            readers[f] |= static_cast<std::uint16_t>(swapped);
    bool forks = false; // some handler has another process in a local
    for (unsigned t = 0; t < l.size(Scope::thread); ++t) {
        const auto *words = &state.words[l.element(Scope::thread, t)];
        if (words[0] == 0)
            continue;
        const Rest &rest = p_.rests[words[0] & unsigned{info(Field::pc).mask()}];
        forks |= rest.processes != 0;
        const auto who = static_cast<std::uint16_t>(
            (1U << (words[1] & 3U)) | swapped |
            (p_.world.threads[t].actor == Actor::kernel ? migrating : 0U));
        for (unsigned i = 0; i < rest.locals; ++i)
            if (rest.frames[i].valid(words)) {
                readers[rest.frames[i].frame(words)] |= who;
                if (thp)
                    readers[l.other_half(state, rest.frames[i].frame(words))] |= who;
            }
    }
    // A fork may yet give its child whatever the parent maps.
    for (unsigned t = 0; forks && t < l.size(Scope::thread); ++t) {
        const auto *words = &state.words[l.element(Scope::thread, t)];
        const Rest &rest = p_.rests[words[0] & unsigned{info(Field::pc).mask()}];
        for (unsigned i = 0; i < rest.processes; ++i) {
            const unsigned child = (unsigned{words[rest.mms[i].word]} >> rest.mms[i].shift) & 3U;
            for (auto &bits : readers)
                if (((unsigned{bits} >> (words[1] & 3U)) & 1U) != 0)
                    bits |= static_cast<std::uint16_t>(1U << child);
            // What a migration entry of the child names, the parent may have back already.
            for (unsigned va = 0; va < l.pages; ++va)
                if (const unsigned pte = l.get(state, Field::pte, l.pte_index(child, va));
                    is_migration_entry(pte))
                    readers[pte >> PteBit::frame_shift] |=
                        static_cast<std::uint16_t>(1U << (words[1] & 3U));
        }
    }
    std::array<std::uint16_t, 4> pending{}; // by process: its pins still to be filled
    for (unsigned i = 0; i < l.size(Scope::pin); ++i) {
        const unsigned pin = state.words[l.element(Scope::pin, i)];
        if ((pin & 3U) == static_cast<unsigned>(PinState::pending))
            pending[(pin >> info(Field::pin_mm).shift) & 3U] |=
                static_cast<std::uint16_t>(1U << (l.mms + i));
    }
    for (unsigned f = 0, seen = 0; p_.searches && f < l.size(Scope::page); ++f) {
        const unsigned expected = readers[f] != 0 ? l.get(state, Field::expected, f) : 0U;
        kept |= seen & expected;
        seen |= expected;
    }
    for (unsigned f = 0; f < l.size(Scope::page); ++f) {
        auto &ghosts = state.words[l.element(Scope::page, f) + info(Field::expected).word];
        if (ghosts == 0)
            continue;
        unsigned entitled = readers[f];
        unsigned expected = readers[f] != 0 ? kept : 0U;
        for (unsigned mm = 0; mm < l.mms; ++mm)
            if (((readers[f] >> mm) & 1U) != 0) {
                entitled |= pending[mm];
                expected |= ((1U << l.pages) - 1U) << (mm * l.pages);
            }
        // Whoever may see what the page holds may come to map it by way of ksmd.
        for (unsigned mm = 0; p_.searches && readers[f] != 0 && mm < l.mms; ++mm)
            entitled |= (1U << mm) | pending[mm];
        if (l.get(state, Field::zeroed, f) != 0)
            entitled = 0; // zeroes are everybody's
        ghosts = static_cast<std::uint16_t>(ghosts & ((entitled << 8U) | expected));
    }
}

} // namespace cowcheck
