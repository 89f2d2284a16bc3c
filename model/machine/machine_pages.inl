// Pages that come from the allocator, and go back to it. Part of machine.h.
#pragma once

namespace cowcheck {

// Lowest free frame first, so that the choice says nothing. Kinds other than
// anonymous memory are there from the start and are never allocated.
template <class O>
bool Machine<O>::allocate(unsigned& page) {
    for (unsigned f = 0; f < frames(); ++f)
        if (is_free(f)) {
            page = f;
            set(Field::kind, f, static_cast<unsigned>(PageKind::anonymous));
            set(Field::refcount, f, 1);
            return true;
        }
    return false;
}

// A THP takes any two frames: which ones says nothing, as each half knows the other.
template <class O>
bool Machine<O>::allocate_huge(unsigned& head) {
    unsigned tail = 0;
    if (!allocate(head)) return false;
    if (!allocate(tail)) {
        clear(Scope::page, head);
        return false;
    }
    set(Field::refcount, tail, 0);
    set(Field::compound, head, static_cast<unsigned>(Compound::head));
    set(Field::other_half, head, tail);
    set(Field::compound, tail, static_cast<unsigned>(Compound::tail));
    set(Field::other_half, tail, head);
    return true;
}

template <class O>
void Machine<O>::see_freed(unsigned page) {
    for (unsigned i = 0; i < p_.layout.size(Scope::pte); ++i)
        misled_ = misled_ || ((get(Field::pte, i) & PteBit::present) != 0 &&
                              (get(Field::pte, i) >> PteBit::frame_shift) == page);
    for (unsigned t = 0; t < threads(); ++t) {
        const Rest& rest = p_.rests[thread_words(t)[0] & 0xfffU];
        for (unsigned l = 0; t != thread_ && rest.counted >> l != 0; ++l)
            misled_ = misled_ || ((rest.counted >> l & 1U) != 0 &&
                                  rest.frames[l].holds(thread_words(t), page));
    }
}

template <class O>
void Machine<O>::free_page(unsigned page) {
    if (p_.trusts_counts) see_freed(page);
    // Who unpins the page has its pin until the end of the step.
    const unsigned unpinned = thread_ == no_thread ? references_of_pin(r_[Reg::pin], page) : 0U;
    if (count_references(page, true) != unpinned) [[unlikely]]
        violated_ |= miscount_bit;
    const unsigned tail = other_of(page);
    raise(Event::free, 0, 0, page, 0);
    if (tail != page) {
        raise(Event::free, 0, 0, tail, 0);
        clear(Scope::page, tail);
    }
    clear(Scope::page, page);
}

// The THP becomes two pages of their own, if PTEs are all that maps it and nobody but
// they and `extra` has a reference. That is what freezing the refcount amounts to, while
// migration entries are in place of the PTEs.
template <class O>
bool Machine<O>::split_folio(unsigned page, unsigned extra) {
    const unsigned head = head_of(page);
    const unsigned tail = other_of(head);
    const unsigned mapped = unsigned{get(Field::mapcount, head)} + get(Field::mapcount, tail);
    if (head == tail || get(Field::entire_mapcount, head) != 0 ||
        get(Field::refcount, head) != mapped + extra)
        return false;
    // Whoever asks keeps the reference on the page that it asked for.
    set(Field::mm_mapcount, head, 0);
    for (const unsigned half : {head, tail}) {
        set(Field::compound, half, 0);
        set(Field::other_half, half, 0);
        set(Field::refcount, half, get(Field::mapcount, half) + (half == page ? extra : 0U));
    }
    for (const unsigned half : {head, tail}) {
        if (half != page) set(Field::locked, half, 0);
        if (get(Field::refcount, half) == 0) free_page(half);
    }
    set(Field::locked, page, 1);
    return true;
}

template <class O>
void Machine<O>::drop(unsigned page, unsigned amount) {
    const unsigned count = get(Field::refcount, page);
    if (count < amount) return miscount(Event::underflow, Field::refcount, page);
    set(Field::refcount, page, count - amount);
    if (count == amount && !held_outside(page)) free_page(page);
}

}  // namespace cowcheck
