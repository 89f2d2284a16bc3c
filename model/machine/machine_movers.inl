// Whether a step is a mover in the state at hand. Part of machine.h; the proofs
// are in docs/internals-reduction.md.
#pragma once

namespace cowcheck {

// Whether another thread of one of these sorts (bits, by Actor) may come to work in the process:
// of CPUs only its own. In a process that exits nothing else is under way, and nothing starts;
// only who comes from page to process still may.
template <class O>
bool Machine<O>::others_may(unsigned mm, unsigned actors) const {
    const bool exiting = get(Field::life, mm) == static_cast<unsigned>(Life::exiting);
    if (exiting) actors &= unsigned{p_.texts.walk_mappings} & ~(1U << unsigned(Actor::cpu));
    const auto& world = p_.world.threads;
    for (unsigned t = 0; t < world.size(); ++t)
        if (t != thread_ && ((actors >> static_cast<unsigned>(world[t].actor)) & 1U) != 0 &&
            (world[t].actor != Actor::cpu || world[t].mm == mm))
            return true;
    return false;
}

// Whether another CPU may run in the process, or a secondary MMU in its place.
template <class O>
bool Machine<O>::has_other_cpu(unsigned mm) const {
    return others_may(mm, (1U << static_cast<unsigned>(Actor::cpu)) |
                              (1U << static_cast<unsigned>(Actor::secondary_mmu)));
}

// Nobody but a thread of this process, under this process's ptl, can come to the page. Who drops
// a pin does not free it.
template <class O>
bool Machine<O>::only_mine(unsigned page) {
    return !some_way(p_.ways.apart, [&]<Way way>() { return comes_to_locked<way>(page); });
}

// Nobody at all can come to the page: no pin, no TLB entry, and either it is not
// mapped, or no other CPU runs this process and whoever works on it from outside
// looks at its page tables under the ptl that is held.
template <class O>
bool Machine<O>::nobody_elses(unsigned page, bool ptl_held) {
    if (!only_mine(page) ||
        some_way(p_.ways.apart, [&]<Way way>() { return comes_unlocked<way>(page); }))
        return false;
    return !is_in_page_tables(page) ||
           (ptl_held && !others_may(r_[Reg::mm], p_.texts.look_without_ptl |
                                                     (1U << static_cast<unsigned>(Actor::cpu))));
}

// The processes being forked have no threads yet, and no FOLL_GET for writing,
// whose promise fork ends, is anywhere.
template <class O>
bool Machine<O>::child_is_new() {
    for (unsigned i = 0; i < pins(); ++i)
        if (get(Field::pin_state, i) != 0 && get(Field::pin_write, i) != 0 &&
            get(Field::pin_foll_pin, i) == 0)
            return false;
    return true;
}

// A TLB flush. Where nothing is left to forget, and nothing can come before it, it only waits
// for interrupts: earlier is the same. Where something is, it must not hide that the page was
// freed before; later is the same if no other CPU has such entries or waits to be asked.
template <class O>
std::uint8_t Machine<O>::mover_of_flush(unsigned rules) const {
    const unsigned mm = r_[Reg::mm];
    const bool all = (rules & Unless::flushes_all) != 0;
    const bool alone = p_.world.threads[thread_].actor == Actor::cpu && !has_other_cpu(mm);
    bool fills = false;
    for (unsigned va = 0; va < p_.layout.pages; ++va)
        fills =
            fills || ((all || va == r_[Reg::va]) && (leaf(mm, va, false) & PteBit::present) != 0);
    if (!alone && (fills || (rules & Unless::pte_kept) == 0)) return Mover::none;
    for (const Thread& thread : p_.world.threads)
        for (unsigned va = 0; va < p_.layout.pages; ++va)
            if (thread.actor == Actor::cpu && thread.mm == mm && (all || va == r_[Reg::va]) &&
                get(Field::tlb_valid, p_.layout.tlb_index(thread.cpu, va)) != 0)
                return alone ? Mover::right : Mover::none;
    return alone ? Mover::both : Mover::left;
}

// What is asked about the page in a local of the thread, whose place the rest names.
template <class O>
bool Machine<O>::page_rules_hold(const Instruction& rest, unsigned rules) {
    const unsigned word = thread_words(thread_)[rest.c >> 4U];
    const unsigned page = (word >> (rest.c & 0xfU)) & 0xfU;
    const bool ptl_held = (p_.rests[rest.imm].held & Held::ptl) != 0;
    if ((rules & Unless::page_private) != 0) return nobody_elses(page, ptl_held);
    if ((rules & Unless::page_locked_away) != 0) return only_mine(page);
    if (page >= p_.world.frames) return true;  // it is what it is from the start
    for (unsigned va = 0; va < p_.layout.pages; ++va)
        if (maps(r_[Reg::mm], va, page)) return !is_free(page);
    return false;
}

template <class O>
std::uint8_t Machine<O>::mover(const Instruction& rest) {
    if (rest.a != Mover::none || rest.target == 0) return rest.a;
    const unsigned rules = rest.target;
    if (rules == Unless::notes_shared) {
        const unsigned pte = leaf(r_[Reg::mm], r_[Reg::va], false);
        if ((pte & PteBit::present) == 0) return Mover::both;
        return reachable_by_others(r_[Reg::mm], pte >> PteBit::frame_shift) ? Mover::none
                                                                            : Mover::right;
    }
    if ((rules & Unless::flushes) != 0) return mover_of_flush(rules);
    if ((rules & (Unless::page_locked_away | Unless::page_private | Unless::kind_kept)) != 0 &&
        !page_rules_hold(rest, rules))
        return Mover::none;
    if ((rules & Unless::only_cpu) != 0 && (others_may(r_[Reg::mm], p_.texts.watch_seq) ||
                                            p_.world.threads[thread_].actor != Actor::cpu))
        return Mover::none;
    if ((rules & Unless::child_is_new) != 0 && !child_is_new()) return Mover::none;
    if ((rules & Unless::pinned_already) != 0 && get(Field::has_pinned, r_[Reg::mm]) == 0)
        return Mover::none;
    if ((rules & Unless::seq_settled) != 0 && get(Field::seq_watch, thread_) == 1 &&
        others_may(r_[Reg::mm], p_.texts.watch_seq))
        return Mover::none;
    if ((rules & Unless::becomes_left) != 0) return Mover::left;
    return (rules & Unless::becomes_right) != 0 ? Mover::right : Mover::both;
}

}  // namespace cowcheck
