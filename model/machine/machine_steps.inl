// The larger steps of the kernel and of the hardware. Part of machine.h.
#pragma once

namespace cowcheck {

// An entry was cleared. Where the operation's contract does not speak of the page, that is all:
// the pins keep their promise, and an access is no race of the program's.
template <class O>
void Machine<O>::zapped(unsigned mm, unsigned va, Zap zap) {
    if (zap == Zap::breaks_promise ||
        (zap == Zap::ends_given_up && get(Field::giving_up, slot(mm, va)) == 0))
        return;
    end_generation(mm, va);
    make_stale(mm, va);
    thread_words(thread_)[1] = static_cast<std::uint16_t>(thread_words(thread_)[1] | (1U << 6U));
}

template <class O>
void Machine<O>::zap_pte(unsigned mm, unsigned va, Zap zap) {
    set(Field::pte, slot(mm, va), 0);
    zapped(mm, va, zap);
}

template <class O>
void Machine<O>::zap_pmd(unsigned mm, Zap zap) {
    set(Field::pmd, mm, 0);
    for (unsigned va = 0; va < p_.layout.pages; ++va) zapped(mm, va, zap);
}

// A value with `huge` goes to the PMD, which maps the head; any other one to the PTE, for
// which there is a page table from then on. `arms`: the userfaultfd monitor protects.
template <class O>
void Machine<O>::set_leaf(unsigned mm, unsigned va, unsigned value, bool arms) {
    const bool armed_now = arms && (value & PteBit::uffd_wp) != 0;
    const auto arm = [&](unsigned at) {
        if (armed_now && (leaf(mm, at, true) & PteBit::uffd_wp) == 0 &&
            get(Field::wp_armed, slot(mm, at)) == 0)
            set(Field::wp_armed, slot(mm, at), 1);
    };
    see_mapped(value);
    if ((value & PteBit::huge) != 0 && (value & PteBit::present) != 0) {
        for (unsigned at = 0; at < p_.layout.pages; ++at) arm(at);
        set(Field::pmd, mm,
            (value & 0xffU) | (head_of(value >> PteBit::frame_shift) << PteBit::frame_shift));
        return;
    }
    arm(va);
    set(Field::pte, slot(mm, va), value);
    if (value != 0 && get(Field::pmd, mm) == 0) set(Field::pmd, mm, PteBit::table);  // pte_alloc()
}

// Which processes map a THP, and how often: what the kernel's MM owner ids keep of it
// (v6.15), but for any number of processes.
template <class O>
void Machine<O>::count_mapping(unsigned page, unsigned mm, bool more) {
    const unsigned head = head_of(page);
    if (get(Field::compound, head) == 0) return;
    // Each process's share is a count of its own, of two bits.
    const unsigned before = mm_mapcount(head, mm);
    const unsigned all = get(Field::mm_mapcount, head);
    if (before == (more ? 3U : 0U)) {
        miscount(more ? Event::overflow : Event::underflow, Field::mm_mapcount, head);
        return set(Field::mm_mapcount, head, all);
    }
    const unsigned now = more ? before + 1U : before - 1U;
    set(Field::mm_mapcount, head, (all & ~(3U << (2 * mm))) | (now << (2 * mm)));
}

template <class O>
void Machine<O>::fill_table(unsigned mm, unsigned pmd) {
    for (unsigned va = 0; va < p_.layout.pages; ++va)
        set(Field::pte, slot(mm, va),
            (pmd & 0xffU & ~unsigned{PteBit::huge}) |
                ((pmd & PteBit::special) != 0
                     ? p_.world.frames  // the small zeropage
                     : p_.layout.subpage(s_, pmd >> PteBit::frame_shift, va))
                    << PteBit::frame_shift);
}

// Reaches every CPU that runs the mm, at once. On x86 it is an interrupt, so a
// CPU with interrupts off makes it wait (that is part of GUP-fast's protection).
template <class O>
bool Machine<O>::flush(unsigned mm, unsigned va, bool all) {
    const auto& world = p_.world.threads;
    for (unsigned t = 0; t < world.size(); ++t) {
        if (!p_.world.flush_waits || world[t].actor != Actor::cpu || world[t].mm != mm ||
            t == thread_)
            continue;
        if ((p_.rests[thread_words(t)[0] & 0xfffU].held & Held::irqs_off) != 0) return false;
    }
    for (const Thread& thread : world) {
        if (thread.actor != Actor::cpu || thread.mm != mm) continue;
        for (unsigned page = 0; page < p_.layout.pages; ++page)
            if (all || page == va) forget_translation(p_.layout.tlb_index(thread.cpu, page));
    }
    auto& context = thread_words(thread_)[1];
    context = static_cast<std::uint16_t>(context & ~(1U << 6U));
    return true;
}

// What the CPU's LRU batch holds is no translation.
template <class O>
void Machine<O>::forget_translation(unsigned entry) {
    for (const Field field :
         {Field::tlb_valid, Field::tlb_writable, Field::tlb_page, Field::tlb_stale})
        set(field, entry, 0);
}

// A batch remembers one page for each place where its CPU maps pages: with the next one
// there the batch is full, and drained.
template <class O>
void Machine<O>::lru_add(unsigned page) {
    if (p_.world.threads[thread_].actor != Actor::cpu) return;
    const unsigned entry = p_.layout.tlb_index(p_.world.threads[thread_].cpu, r_[Reg::va]);
    lru_drain(entry);
    see_taken(page);
    count_up(Field::refcount, page, 1);
    set(Field::batch_valid, entry, 1);
    set(Field::batch_page, entry, page);
}

template <class O>
void Machine<O>::lru_drain(unsigned entry) {
    if (get(Field::batch_valid, entry) == 0) return;
    const unsigned page = get(Field::batch_page, entry);
    set(Field::batch_valid, entry, 0);
    set(Field::batch_page, entry, 0);
    drop(page, 1);
}

// fork gives the child its PTE. Pins whose page is shared by that are crossed. Whoever finds
// the PTE finds the VMA, too: dup_mmap() copies both under mmap_lock, the VMA first.
template <class O>
void Machine<O>::share_pte(unsigned child, unsigned va, unsigned pte) {
    for (unsigned at = 0; at < p_.layout.pages; ++at)
        if (at == va || (pte & PteBit::huge) != 0) copy_vma(r_[Reg::mm], child, at);
    if (!has_thp()) {
        see_mapped(pte);
        set(Field::pte, slot(child, va), pte);
        cross_pins(va, pte >> PteBit::frame_shift);
        return;
    }
    set_leaf(child, va, pte, false);
    if ((pte & PteBit::huge) == 0) cross_pins(va, pte >> PteBit::frame_shift);
    for (unsigned at = 0; (pte & PteBit::huge) != 0 && at < p_.layout.pages; ++at)
        cross_pins(at, p_.layout.subpage(s_, pte >> PteBit::frame_shift, at));
}

template <class O>
void Machine<O>::cross_pins(unsigned va, unsigned page) {
    const unsigned mm = r_[Reg::mm];
    for (unsigned i = 0; i < pins(); ++i) {
        const auto state = static_cast<PinState>(get(Field::pin_state, i));
        if (state == PinState::free || get(Field::pin_owned, i) == 0 ||
            get(Field::pin_mm, i) != mm || get(Field::pin_va, i) != va ||
            get(Field::pin_foll_pin, i) != 0 || get(Field::pin_write, i) == 0)
            continue;
        if (state == PinState::pending || get(Field::pin_page, i) == page)
            set(Field::pin_crossed, i, 1);
    }
}

template <class O>
void Machine<O>::copy_vma(unsigned from, unsigned to, unsigned va) {
    for (const Field field : {Field::mapped, Field::read_only})
        if (p_.layout.has(field)) set(field, slot(to, va), get(field, slot(from, va)));
}

// rmap_walk(): the thread goes on with the next process and virtual page whose PTE maps
// the page, or has a migration entry for it.
template <class O>
bool Machine<O>::next_mapping(unsigned page, bool entries) {
    for (unsigned i = 0; i < p_.layout.size(Scope::pte); ++i) {
        const unsigned pte = get(Field::pte, i);
        if (!refers_to(pte, page) || is_migration_entry(pte) != entries) continue;
        const unsigned mm = i / p_.layout.pages;
        const unsigned va = i % p_.layout.pages;
        set(Field::op_mm, thread_, mm);
        set(Field::op_va, thread_, va);
        r_[Reg::mm] = static_cast<std::uint16_t>(mm);
        r_[Reg::va] = static_cast<std::uint16_t>(va);
        return true;
    }
    return false;
}

// A walk over all mappings of a page has come to the process; exit_mmap() waits for it
// (unlink_anon_vmas()).
template <class O>
bool Machine<O>::others_work_on(unsigned mm) {
    for (unsigned t = 0; t < threads(); ++t)
        if (t != thread_ && !idle(t) && get(Field::op_mm, t) == mm) return true;
    return false;
}

template <class O>
bool Machine<O>::new_mm(unsigned& child) {
    for (unsigned mm = 0; mm < mms(); ++mm)
        if (get(Field::life, mm) == static_cast<unsigned>(Life::free)) {
            child = mm;
            set(Field::life, mm, static_cast<unsigned>(Life::forking));
            return true;
        }
    return false;
}

// The child has its parent's VMAs. It is entitled to what the parent's memory holds now, and
// should read it; where it got a copy of its own, to what that copy caught.
template <class O>
void Machine<O>::start_mm(unsigned child) {
    const unsigned parent = r_[Reg::mm];
    for (unsigned va = 0; va < p_.layout.pages; ++va) {
        const unsigned from = slot(parent, va);
        const unsigned to = slot(child, va);
        if (p_.layout.has(Field::dont_copy) && get(Field::dont_copy, from) != 0) {
            set(Field::mapped, to, 0);
            forget_content(child, va);
            end_generation(child, va);
            continue;
        }
        copy_vma(parent, child, va);
        const unsigned theirs = leaf(parent, va, false);
        const unsigned ours = leaf(child, va, false);
        const bool own_copy =
            (ours & PteBit::present) != 0 && !refers_to(theirs, ours >> PteBit::frame_shift);
        for (unsigned f = 0; f < frames(); ++f) {
            const unsigned expected = get(Field::expected, f) & ~(1U << to);
            const bool copied = own_copy && f == (ours >> PteBit::frame_shift);
            const bool parents = ((expected >> from) & 1U) != 0;
            const bool childs = own_copy ? copied : parents;
            set(Field::expected, f, expected | (unsigned{childs} << to));
            // Its own mapping's content, too, should the parent's memory not be what
            // the parent expects.
            const bool mapped = refers_to(ours, f);
            if (parents || copied || mapped)
                set(Field::entitled, f, get(Field::entitled, f) | (1U << child));
        }
        set(Field::expects_zero, to,
            own_copy ? get(Field::zeroed, ours >> PteBit::frame_shift)
                     : get(Field::expects_zero, from));
        set(Field::store_barred, to, get(Field::store_barred, from) & StoreBar::promised);
        if (p_.world.event_fork)  // the monitor has the child's userfaultfd, too
            set(Field::wp_armed, to, get(Field::wp_armed, from));
    }
    set(Field::life, child, static_cast<unsigned>(Life::alive));
    observer_.forked(child);
}

// The process is gone; its slot is as good as new. Its pins live on.
template <class O>
void Machine<O>::end_mm(unsigned mm) {
    for (unsigned va = 0; va < p_.layout.pages; ++va) {
        forget_content(mm, va);
        end_generation(mm, va);
        clear(Scope::pte, slot(mm, va));
    }
    for (unsigned f = 0; f < frames(); ++f)
        set(Field::entitled, f, get(Field::entitled, f) & ~(1U << mm));
    for (unsigned i = 0; i < pins(); ++i)
        if (get(Field::pin_state, i) != 0 && get(Field::pin_owned, i) != 0 &&
            get(Field::pin_mm, i) == mm)
            set(Field::pin_owned, i, 0);
    for (const Thread& thread : p_.world.threads)
        if (thread.actor == Actor::cpu && thread.mm == mm)
            for (unsigned va = 0; va < p_.layout.pages; ++va)
                forget_translation(p_.layout.tlb_index(thread.cpu, va));
    clear(Scope::mm, mm);
}

// An invalidation of the page begins: the secondary MMU drops its entry and the reference
// that it may hold, and whoever is about to map the page there must look again. Or it ends.
template <class O>
void Machine<O>::notify(unsigned mm, unsigned va, bool start) {
    const unsigned i = slot(mm, va);
    if (!start) return count_down(Field::invalidating, i, 1);
    count_up(Field::invalidating, i, 1);
    for (unsigned t = 0; t < threads(); ++t)
        if (p_.world.threads[t].actor == Actor::secondary_mmu && !idle(t) &&
            (thread_words(t)[1] & 3U) == mm && ((thread_words(t)[1] >> 2U) & 3U) == va &&
            get(Field::seq_watch, t) == 1)
            set(Field::seq_watch, t, 2);
    const unsigned entry = get(Field::spte, i);
    set(Field::spte, i, 0);
    if ((entry & PteBit::present) != 0 && (entry & PteBit::referenced) != 0)
        drop(entry >> PteBit::frame_shift, 1);
}

// A load or store by the process commits, whichever MMU translated it. `stale`: what it goes
// through is of a mapping that was zapped since.
template <class O>
void Machine<O>::commit_access(unsigned page, Access access, bool stale) {
    const unsigned mm = r_[Reg::mm];
    const unsigned va = r_[Reg::va];
    if (access == Access::load) return raise(Event::load, mm, va, page, 0);
    raise(Event::store, mm, va, page, 0);
    const unsigned entitled = (1U << mm) | pins_of(mm);
    const bool zeroes = access == Access::store_of_zeroes;
    // A store while the owner zaps the page is the program's own race: it is not
    // part of what the process should read, but it does change the page.
    if (stale && is_zapping(mm, va)) {
        content_changes(page, entitled);
        set(Field::zeroed, page, zeroes);
    } else {
        store_value(mm, va, page, entitled, zeroes);
        if (get(Field::soft_dirty_armed, mm) != 0 &&
            (leaf(mm, va, true) & PteBit::soft_dirty) != 0)  // it is recorded
            set(Field::soft_dirty_owed, slot(mm, va), 1);
    }
    if (zeroes) observer_.zeroed(page);
}

// Through a translation that the TLB holds.
template <class O>
bool Machine<O>::access_tlb(Access access) {
    const unsigned entry = p_.layout.tlb_index(p_.world.threads[thread_].cpu, r_[Reg::va]);
    if (get(Field::tlb_valid, entry) == 0 ||
        (access != Access::load && get(Field::tlb_writable, entry) == 0))
        return false;
    commit_access(get(Field::tlb_page, entry), access, get(Field::tlb_stale, entry) != 0);
    return true;
}

// Its entry goes before a zap begins, if the zap says so to notifiers. One that is left is of
// the mapping that was zapped if that is not the page's by now.
template <class O>
bool Machine<O>::access_secondary(Access access) {
    const unsigned mm = r_[Reg::mm];
    const unsigned va = r_[Reg::va];
    const unsigned entry = get(Field::spte, slot(mm, va));
    if ((entry & PteBit::present) == 0 ||
        (access != Access::load && (entry & PteBit::writable) == 0))
        return false;
    const unsigned page = entry >> PteBit::frame_shift;
    const unsigned pte = leaf(mm, va, false);
    commit_access(page, access,
                  (pte & PteBit::present) == 0 || (pte >> PteBit::frame_shift) != page);
    return true;
}

// The page walk. A store's walk sets the dirty bit, atomically with its look at
// the PTE; the entry permits later stores only if the PTE was dirty (x86).
template <class O>
bool Machine<O>::walk(bool store) {
    const unsigned mm = r_[Reg::mm];
    const unsigned va = r_[Reg::va];
    unsigned pte = leaf(mm, va, false);
    if ((pte & PteBit::present) == 0 || (store && (pte & PteBit::writable) == 0)) return false;
    if (store) {
        pte |= PteBit::dirty;
        if (has_thp())
            set_leaf(mm, va, pte, false);
        else
            set(Field::pte, slot(mm, va), pte);
    }
    const bool writable = (pte & PteBit::writable) != 0 && (pte & PteBit::dirty) != 0;
    const unsigned entry = p_.layout.tlb_index(p_.world.threads[thread_].cpu, va);
    set(Field::tlb_valid, entry, 1);
    set(Field::tlb_writable, entry, writable);
    set(Field::tlb_page, entry, pte >> PteBit::frame_shift);
    set(Field::tlb_stale, entry, 0);
    return true;
}

// DMA is a store by whoever took the pin.
template <class O>
void Machine<O>::dma_write(unsigned pin) {
    const unsigned mm = get(Field::pin_mm, pin);
    const unsigned va = get(Field::pin_va, pin);
    const unsigned page = get(Field::pin_page, pin);
    const bool owned = get(Field::pin_owned, pin) != 0;
    raise(Event::dma_write, mm, va, page, pin);
    if (p_.layout.has(Field::page_dirty)) set(Field::page_dirty, page, 1);
    unsigned entitled = 1U << (mms() + pin);
    if (owned) {
        entitled |= (1U << mm) | pins_of(mm);
    } else {
        for (unsigned i = 0; i < pins(); ++i)
            if (get(Field::pin_state, i) != 0 && get(Field::pin_owned, i) == 0 &&
                get(Field::pin_mm, i) == mm)
                entitled |= 1U << (mms() + i);
    }
    if (owned && get(Field::pin_attached, pin) != 0)  // a zap detaches the pins of its mapping
        store_value(mm, va, page, entitled, false);
    else
        content_changes(page, entitled);
}

template <class O>
void Machine<O>::bump_seq(unsigned mm) {
    // Where this thread rests is not told before its transition ends; it is not idle.
    set(Field::write_protect_seq, mm, get(Field::write_protect_seq, mm) ^ 1U);
    for (unsigned t = 0; t < threads(); ++t)
        if ((t == thread_ || !idle(t)) && p_.world.threads[t].actor != Actor::secondary_mmu &&
            (thread_words(t)[1] & 3U) == mm && get(Field::seq_watch, t) == 1)
            set(Field::seq_watch, t, 2);
}

// A GUP is under way and will fill this slot. Its holder may see whatever the
// process that asks for it may see.
template <class O>
void Machine<O>::begin_pin(unsigned pin, unsigned mm, unsigned va, GupFlags flags) {
    set(Field::pin_state, pin, static_cast<unsigned>(PinState::pending));
    set(Field::pin_write, pin, flags.write);
    set(Field::pin_foll_pin, pin, flags.pin);
    set(Field::pin_longterm, pin, flags.longterm);
    set(Field::pin_owned, pin, 1);
    set(Field::pin_mm, pin, mm);
    set(Field::pin_va, pin, va);
    for (unsigned f = 0; f < frames(); ++f) {
        const unsigned entitled = get(Field::entitled, f);
        set(Field::entitled, f, entitled | (((entitled >> mm) & 1U) << (mms() + pin)));
    }
}

template <class O>
void Machine<O>::forget_pin(unsigned pin) {
    s_.words[p_.layout.element(Scope::pin, pin)] = 0;
    for (unsigned f = 0; f < frames(); ++f)
        set(Field::entitled, f, get(Field::entitled, f) & ~(1U << (mms() + pin)));
}

// The thread is idle again; a GUP's result is a pin from now on.
template <class O>
void Machine<O>::end_operation(EndOf end, unsigned page) {
    const unsigned pin = r_[Reg::pin];
    if (end == EndOf::gup) {
        see_taken(page);
        set(Field::pin_state, pin, static_cast<unsigned>(PinState::held));
        set(Field::pin_page, pin, page);
    } else if (end == EndOf::failed_gup) {
        forget_pin(pin);
    }
    if (thread_ == no_thread) return;
    std::uint16_t* words = thread_words(thread_);
    for (unsigned w = 0; w < p_.layout.stride[static_cast<std::size_t>(Scope::thread)]; ++w)
        words[w] = 0;
}

}  // namespace cowcheck
