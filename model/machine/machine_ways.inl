// Ways to a page in the state at hand, by their table (model/state/ways.h). Part of machine.h.
#pragma once

namespace cowcheck {

// Whether visit(index, frame) says so of a slot of this way, of those that lead to a page.
template <class O>
template <Way way, class Visit>
bool Machine<O>::some_slot(Visit&& visit) const {
    constexpr Slots slots = row_of(way).slots.value;
    static_assert(slots.have_number());
    for (unsigned i = 0; i < p_.layout.size(info(slots.field).scope); ++i) {
        const unsigned value = get(slots.field, i);
        if (!slots.lead(value) || !is_meant<slots.table>(i)) continue;
        const unsigned frame =
            slots.leads == Leads::entry ? value >> PteBit::frame_shift : get(slots.number, i);
        if (visit(i, frame)) return true;
    }
    return false;
}

// Of a PTE, whether its page table is of that sort.
template <class O>
template <PageTable table>
bool Machine<O>::is_meant(unsigned pte) const {
    if (table == PageTable::any) return true;
    if (!has_thp()) return table == PageTable::in_use;
    const unsigned pmd = get(Field::pmd, pte / p_.layout.pages);
    return (pmd != 0 && (pmd & PteBit::huge) == 0) == (table == PageTable::in_use);
}

// The process whose slot it is.
template <class O>
template <Way way>
unsigned Machine<O>::process_of(unsigned index) const {
    return info(row_of(way).slots.value.field).scope == Scope::mm ? index : index / p_.layout.pages;
}

// Whether pages are one for a mover: of a THP, either half leads to the other one.
template <class O>
bool Machine<O>::is_one(unsigned a, unsigned b) const {
    return has(p_.ways.apart, Way::other_half) ? same_folio(a, b) : a == b;
}

// Whether one comes that way to the page, or to one that is one with it.
template <class O>
template <Way way>
bool Machine<O>::leads_to(unsigned page) const {
    constexpr Slots slots = row_of(way).slots.value;
    const bool is_slot = page >= p_.world.frames && page == p_.world.swap_frame();
    if constexpr (slots.have_number())
        return some_slot<way>([&](unsigned, unsigned frame) { return is_one(frame, page); });
    if constexpr (slots.leads == Leads::page)
        return page < p_.world.frames &&
               (slots.lead(get(slots.field, page)) ||
                (is_one(other_of(page), page) && slots.lead(get(slots.field, other_of(page)))));
    if constexpr (slots.leads == Leads::swap) return is_slot;
    if constexpr (slots.leads == Leads::text) return page >= p_.world.frames && !is_slot;
    return false;
}

// Whether another handler that is under way has the page in a local.
template <class O>
bool Machine<O>::elsewhere_in_locals(unsigned page) {
    for (unsigned t = 0; t < threads(); ++t) {
        const std::uint16_t* words = thread_words(t);
        const Rest& rest = p_.rests[of_thread<Field::pc>(words)];
        if (t == thread_) continue;
        for (unsigned i = 0; i < rest.locals; ++i)
            if (rest.frames[i].valid(words) && is_one(rest.frames[i].frame(words), page))
                return true;
    }
    return false;
}

// The references that pins hold to the page: somebody may drop them at any time.
template <class O>
unsigned Machine<O>::pinned_references(unsigned page) const {
    unsigned n = 0;
    if (!has(p_.ways.apart, Way::pin)) return n;
    (void)some_slot<Way::pin>([&](unsigned pin, unsigned frame) {
        if (is_one(frame, page)) n += get(Field::pin_foll_pin, pin) != 0 ? 1024U : 1U;
        return false;
    });
    return n;
}

// Whether, with the ptl of this thread's process held, somebody comes that way to fields of the
// page that are only touched under ptl.
template <class O>
template <Way way>
bool Machine<O>::comes_to_locked(unsigned page) {
    constexpr Apart apart = row_of(way).apart.how;
    if constexpr (apart == Apart::never) return leads_to<way>(page);
    if constexpr (apart == Apart::process)
        return some_slot<way>([&](unsigned i, unsigned frame) {
            return is_one(frame, page) &&
                   (process_of<way>(i) != r_[Reg::mm] || has(p_.ways.apart, Way::twin));
        });
    if constexpr (apart == Apart::dropper) {
        const unsigned pinned = pinned_references(page);
        return pinned != 0 && get(Field::refcount, head_of(page)) <= pinned;
    }
    if constexpr (apart == Apart::thread) return elsewhere_in_locals(page);
    return false;
}

// Whether somebody comes that way to the page, of those ways that comes_to_locked() permits.
template <class O>
template <Way way>
bool Machine<O>::comes_unlocked(unsigned page) const {
    constexpr Apart apart = row_of(way).apart.how;
    if constexpr (apart == Apart::dropper) return leads_to<way>(page);
    if constexpr (apart == Apart::cpu) {
        const Thread& self = p_.world.threads[thread_];
        return some_slot<way>([&](unsigned i, unsigned frame) {
            return is_one(frame, page) &&
                   (self.actor != Actor::cpu || i / p_.layout.pages != self.cpu);
        });
    }
    return false;
}

// Whether the page tables of some process lead to it.
template <class O>
bool Machine<O>::is_in_page_tables(unsigned page) const {
    return some_way(p_.ways.apart, [&]<Way way>() {
        if constexpr (row_of(way).apart.how == Apart::process) return leads_to<way>(page);
        return false;
    });
}

// Whether another process than mm comes that way to the page, or somebody in its place.
template <class O>
template <Way way>
bool Machine<O>::shares(unsigned mm, unsigned page) {
    constexpr WayRow row = row_of(way);
    constexpr Sharing sharing = row.sharing.how;
    if constexpr (sharing == Sharing::anybody) {
        if constexpr (row.slots.value.leads == Leads::page)
            return row.slots.value.lead(get(row.slots.value.field, page));
        return leads_to<way>(page);
    }
    if constexpr (sharing == Sharing::swap_entries)
        return row.slots.value.lead(get(row.slots.value.field, page)) && swap_entries(mm) > 0;
    if constexpr (sharing == Sharing::process)
        return some_slot<way>([&](unsigned i, unsigned frame) {
            // A PMD maps both halves, anything else one page.
            constexpr bool both = info(row.slots.value.field).scope == Scope::mm;
            return process_of<way>(i) != mm && (both ? same_folio(frame, page) : frame == page);
        });
    if constexpr (sharing == Sharing::holder)
        return keeps(Field::pin_owned) &&  // else nobody asks us
               some_slot<way>([&](unsigned pin, unsigned frame) {
                   return frame == page &&
                          (get(Field::pin_owned, pin) == 0 || get(Field::pin_mm, pin) != mm);
               });
    if constexpr (sharing == Sharing::handler) return handler_shares(mm, page);
    return false;
}

// Whether a handler of another process has the page in a local; or one of the kernel that may be
// about to put it where another process has a migration entry.
template <class O>
bool Machine<O>::handler_shares(unsigned mm, unsigned page) {
    const auto is_awaited = [&] {
        return has(p_.ways.sharing, Way::migration_entry) &&
               some_slot<Way::migration_entry>(
                   [&](unsigned i, unsigned) { return process_of<Way::migration_entry>(i) != mm; });
    };
    for (unsigned t = 0; t < threads(); ++t) {
        const std::uint16_t* words = thread_words(t);
        if (of_thread<Field::pc>(words) == 0) continue;
        if (of_thread<Field::op_mm>(words) == mm &&
            (p_.world.threads[t].actor != Actor::kernel || !is_awaited()))
            continue;
        const Rest& rest = p_.rests[of_thread<Field::pc>(words)];
        for (unsigned i = 0; i < rest.locals; ++i)
            if (rest.frames[i].valid(words) && (has(p_.ways.sharing, Way::other_half)
                                                    ? same_folio(rest.frames[i].frame(words), page)
                                                    : rest.frames[i].frame(words) == page))
                return true;
    }
    return false;
}

// Whether anybody but mm can get at the page: another process's mapping, a
// reference that another process took, or a handler of another process that is at
// work on it (a zap whose flush is still to come, a migration that has yet to map the
// page there). Memory that is not anonymous always can.
template <class O>
bool Machine<O>::reachable_by_others(unsigned mm, unsigned page) {
    return some_way(p_.ways.sharing, [&]<Way way>() { return shares<way>(mm, page); });
}

}  // namespace cowcheck
