// The larger steps of the kernel and of the hardware. Part of machine.h.
#pragma once

namespace cowcheck {

// Lowest free frame first, so that the choice says nothing. Kinds other than
// anonymous memory are there from the start and are never allocated.
template <class O> bool Machine<O>::allocate(unsigned &page) {
    for (unsigned f = 0; f < frames(); ++f)
        if (get(Field::kind, f) == static_cast<unsigned>(PageKind::free)) {
            page = f;
            set(Field::kind, f, static_cast<unsigned>(PageKind::anonymous));
            set(Field::refcount, f, 1);
            return true;
        }
    return false;
}

template <class O> void Machine<O>::free_page(unsigned page) {
    raise(Event::free, 0, 0, page, 0);
    clear(Scope::page, page);
}

template <class O> void Machine<O>::drop(unsigned page, unsigned amount) {
    const unsigned count = get(Field::refcount, page);
    if (count < amount) {
        raise(Event::underflow, 0, 0, page, 0);
        return;
    }
    set(Field::refcount, page, count - amount);
    if (count == amount && !held_outside(page))
        free_page(page);
}

template <class O> void Machine<O>::zap_pte(unsigned mm, unsigned va) {
    set(Field::pte, slot(mm, va), 0);
    forget_mapping(mm, va);
    thread_words(thread_)[1] = static_cast<std::uint16_t>(thread_words(thread_)[1] | (1U << 6U));
}

// Reaches every CPU that runs the mm, at once. On x86 it is an interrupt, so a
// CPU with interrupts off makes it wait (that is part of GUP-fast's protection).
template <class O> bool Machine<O>::flush(unsigned mm, unsigned va, bool all) {
    const auto &world = p_.world.threads;
    for (unsigned t = 0; t < world.size(); ++t) {
        if (!p_.world.flush_waits || world[t].actor != Actor::cpu || world[t].mm != mm ||
            t == thread_)
            continue;
        if ((p_.rests[thread_words(t)[0] & 0xfffU].held & Held::irqs_off) != 0)
            return false;
    }
    for (const Thread &thread : world) {
        if (thread.actor != Actor::cpu || thread.mm != mm)
            continue;
        for (unsigned page = 0; page < p_.layout.pages; ++page)
            if (all || page == va)
                forget_translation(p_.layout.tlb_index(thread.cpu, page));
    }
    auto &context = thread_words(thread_)[1];
    context = static_cast<std::uint16_t>(context & ~(1U << 6U));
    return true;
}

// What the CPU's LRU batch holds is no translation.
template <class O> void Machine<O>::forget_translation(unsigned entry) {
    for (const Field field : {Field::tlb_valid, Field::tlb_writable, Field::tlb_page})
        set(field, entry, 0);
}

// A batch remembers one page for each place where its CPU maps pages: with the next one
// there the batch is full, and drained.
template <class O> void Machine<O>::lru_add(unsigned page) {
    if (p_.world.threads[thread_].actor != Actor::cpu)
        return;
    const unsigned entry = p_.layout.tlb_index(p_.world.threads[thread_].cpu, r_[Reg::va]);
    lru_drain(entry);
    set(Field::refcount, page, get(Field::refcount, page) + 1U);
    set(Field::batch_valid, entry, 1);
    set(Field::batch_page, entry, page);
}

template <class O> void Machine<O>::lru_drain(unsigned entry) {
    if (get(Field::batch_valid, entry) == 0)
        return;
    const unsigned page = get(Field::batch_page, entry);
    set(Field::batch_valid, entry, 0);
    set(Field::batch_page, entry, 0);
    drop(page, 1);
}

// fork gives the child its PTE. Pins whose page is shared by that are crossed.
template <class O> void Machine<O>::share_pte(unsigned child, unsigned va, unsigned pte) {
    set(Field::pte, slot(child, va), pte);
    const unsigned mm = r_[Reg::mm];
    for (unsigned i = 0; i < pins(); ++i) {
        const auto state = static_cast<PinState>(get(Field::pin_state, i));
        if (state == PinState::free || get(Field::pin_owned, i) == 0 ||
            get(Field::pin_mm, i) != mm || get(Field::pin_va, i) != va ||
            get(Field::pin_foll_pin, i) != 0 || get(Field::pin_write, i) == 0)
            continue;
        if (state == PinState::pending ||
            get(Field::pin_page, i) == (pte >> PteBit::frame_shift))
            set(Field::pin_crossed, i, 1);
    }
}

template <class O> void Machine<O>::copy_vma(unsigned from, unsigned to, unsigned va) {
    for (const Field field : {Field::mapped, Field::read_only})
        if (p_.layout.has(field))
            set(field, slot(to, va), get(field, slot(from, va)));
}

// rmap_walk(): the thread goes on with the next process and virtual page whose PTE maps
// the page, or has a migration entry for it.
template <class O> bool Machine<O>::next_mapping(unsigned page, bool entries) {
    for (unsigned i = 0; i < p_.layout.size(Scope::pte); ++i) {
        const unsigned pte = get(Field::pte, i);
        if (!refers_to(pte, page) || is_migration_entry(pte) != entries)
            continue;
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
template <class O> bool Machine<O>::others_work_on(unsigned mm) {
    for (unsigned t = 0; t < threads(); ++t)
        if (t != thread_ && !idle(t) && get(Field::op_mm, t) == mm)
            return true;
    return false;
}

template <class O> bool Machine<O>::new_mm(unsigned &child) {
    for (unsigned mm = 0; mm < mms(); ++mm)
        if (get(Field::life, mm) == static_cast<unsigned>(Life::free)) {
            child = mm;
            set(Field::life, mm, static_cast<unsigned>(Life::forking));
            for (unsigned va = 0; va < p_.layout.pages; ++va)
                copy_vma(r_[Reg::mm], mm, va);
            return true;
        }
    return false;
}

// The child is entitled to what the parent's memory holds now, and should read
// it; where it got a copy of its own, to what that copy caught.
template <class O> void Machine<O>::start_mm(unsigned child) {
    const unsigned parent = r_[Reg::mm];
    for (unsigned va = 0; va < p_.layout.pages; ++va) {
        const unsigned from = slot(parent, va);
        const unsigned to = slot(child, va);
        const unsigned theirs = get(Field::pte, from);
        const unsigned ours = get(Field::pte, to);
        const bool own_copy = (ours & PteBit::present) != 0 &&
                              !refers_to(theirs, ours >> PteBit::frame_shift);
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
        if (p_.world.event_fork) // the monitor has the child's userfaultfd, too
            set(Field::wp_armed, to, get(Field::wp_armed, from));
    }
    set(Field::life, child, static_cast<unsigned>(Life::alive));
    observer_.forked(child);
}

// The process is gone; its slot is as good as new. Its pins live on.
template <class O> void Machine<O>::end_mm(unsigned mm) {
    for (unsigned va = 0; va < p_.layout.pages; ++va) {
        forget_mapping(mm, va);
        clear(Scope::pte, slot(mm, va));
    }
    for (unsigned f = 0; f < frames(); ++f)
        set(Field::entitled, f, get(Field::entitled, f) & ~(1U << mm));
    for (unsigned i = 0; i < pins(); ++i)
        if (get(Field::pin_state, i) != 0 && get(Field::pin_owned, i) != 0 &&
            get(Field::pin_mm, i) == mm)
            set(Field::pin_owned, i, 0);
    for (const Thread &thread : p_.world.threads)
        if (thread.actor == Actor::cpu && thread.mm == mm)
            for (unsigned va = 0; va < p_.layout.pages; ++va)
                forget_translation(p_.layout.tlb_index(thread.cpu, va));
    s_.words[p_.layout.element(Scope::mm, mm)] = 0;
}

// An invalidation of the page begins: the secondary MMU drops its entry and the reference
// that it may hold, and whoever is about to map the page there must look again. Or it ends.
template <class O> void Machine<O>::notify(unsigned mm, unsigned va, bool start) {
    const unsigned i = slot(mm, va);
    const unsigned count = get(Field::invalidating, i);
    set(Field::invalidating, i, start ? count + 1U : count - 1U);
    if (!start)
        return;
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

// A load or store by the process commits, whichever MMU translated it.
template <class O> void Machine<O>::commit_access(unsigned page, bool store) {
    const unsigned mm = r_[Reg::mm];
    const unsigned va = r_[Reg::va];
    if (!store)
        return raise(Event::load, mm, va, page, 0);
    raise(Event::store, mm, va, page, 0);
    const unsigned entitled = (1U << mm) | pins_of(mm);
    // A store while the owner zaps the page is the program's own race: it is not
    // part of what the process should read, but it does change the page.
    if (races_with_zap(mm, va, page))
        content_changes(page, entitled);
    else
        store_value(mm, va, page, entitled);
}

// Through a translation that the TLB holds.
template <class O> bool Machine<O>::access_tlb(bool store) {
    const unsigned entry =
        p_.layout.tlb_index(p_.world.threads[thread_].cpu, r_[Reg::va]);
    if (get(Field::tlb_valid, entry) == 0 || (store && get(Field::tlb_writable, entry) == 0))
        return false;
    commit_access(get(Field::tlb_page, entry), store);
    return true;
}

template <class O> bool Machine<O>::access_secondary(bool store) {
    const unsigned entry = get(Field::spte, slot(r_[Reg::mm], r_[Reg::va]));
    if ((entry & PteBit::present) == 0 || (store && (entry & PteBit::writable) == 0))
        return false;
    commit_access(entry >> PteBit::frame_shift, store);
    return true;
}

// The page walk. A store's walk sets the dirty bit, atomically with its look at
// the PTE; the entry permits later stores only if the PTE was dirty (x86).
template <class O> bool Machine<O>::walk(bool store) {
    const unsigned mm = r_[Reg::mm];
    const unsigned va = r_[Reg::va];
    unsigned pte = get(Field::pte, slot(mm, va));
    if ((pte & PteBit::present) == 0 || (store && (pte & PteBit::writable) == 0))
        return false;
    if (store) {
        pte |= PteBit::dirty;
        set(Field::pte, slot(mm, va), pte);
    }
    const bool writable = (pte & PteBit::writable) != 0 && (pte & PteBit::dirty) != 0;
    const unsigned entry = p_.layout.tlb_index(p_.world.threads[thread_].cpu, va);
    set(Field::tlb_valid, entry, 1);
    set(Field::tlb_writable, entry, writable);
    set(Field::tlb_page, entry, pte >> PteBit::frame_shift);
    return true;
}

// DMA is a store by whoever took the pin.
template <class O> void Machine<O>::dma_write(unsigned pin) {
    const unsigned mm = get(Field::pin_mm, pin);
    const unsigned va = get(Field::pin_va, pin);
    const unsigned page = get(Field::pin_page, pin);
    const bool owned = get(Field::pin_owned, pin) != 0;
    raise(Event::dma_write, mm, va, page, pin);
    if (p_.layout.has(Field::page_dirty))
        set(Field::page_dirty, page, 1);
    unsigned entitled = 1U << (mms() + pin);
    if (owned) {
        entitled |= (1U << mm) | pins_of(mm);
    } else {
        for (unsigned i = 0; i < pins(); ++i)
            if (get(Field::pin_state, i) != 0 && get(Field::pin_owned, i) == 0 &&
                get(Field::pin_mm, i) == mm)
                entitled |= 1U << (mms() + i);
    }
    if (owned && get(Field::pin_attached, pin) != 0 && !races_with_zap(mm, va, page))
        store_value(mm, va, page, entitled);
    else
        content_changes(page, entitled);
}

template <class O> void Machine<O>::bump_seq(unsigned mm) {
    set(Field::write_protect_seq, mm, get(Field::write_protect_seq, mm) ^ 1U);
    for (unsigned t = 0; t < threads(); ++t)
        if (!idle(t) && p_.world.threads[t].actor != Actor::secondary_mmu &&
            (thread_words(t)[1] & 3U) == mm && get(Field::seq_watch, t) == 1)
            set(Field::seq_watch, t, 2);
}

// A GUP is under way and will fill this slot. Its holder may see whatever the
// process that asks for it may see.
template <class O> void Machine<O>::begin_pin(unsigned pin, unsigned mm, unsigned va,
                                              GupFlags flags) {
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

template <class O> void Machine<O>::forget_pin(unsigned pin) {
    s_.words[p_.layout.element(Scope::pin, pin)] = 0;
    for (unsigned f = 0; f < frames(); ++f)
        set(Field::entitled, f, get(Field::entitled, f) & ~(1U << (mms() + pin)));
}

// The thread is idle again; a GUP's result is a pin from now on.
template <class O> void Machine<O>::end_operation(EndOf end, unsigned page) {
    const unsigned pin = r_[Reg::pin];
    if (end == EndOf::gup) {
        set(Field::pin_state, pin, static_cast<unsigned>(PinState::held));
        set(Field::pin_page, pin, page);
    } else if (end == EndOf::failed_gup) {
        forget_pin(pin);
    }
    if (thread_ == no_thread)
        return;
    std::uint16_t *words = thread_words(thread_);
    for (unsigned w = 0; w < p_.layout.stride[static_cast<std::size_t>(Scope::thread)]; ++w)
        words[w] = 0;
}

} // namespace cowcheck
