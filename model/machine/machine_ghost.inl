// The ghost data: who may see what, what a process should read, which pins still
// owe something. Part of machine.h.
#pragma once

#include <bit>

namespace cowcheck {

template <class O>
void Machine<O>::raise(Event event, unsigned mm, unsigned va, unsigned page, unsigned pin,
                       unsigned writes) {
    observer_.event(event, mm, va, page, pin);
    const CheckCode& code = p_.on_event[static_cast<std::size_t>(event)];
    if (code.entry == 0xffff) return;
    Machine<decltype(observer_.of_checks())> check(p_, s_, observer_.of_checks());
    check.r_[Reg::mm] = static_cast<std::uint16_t>(mm);
    check.r_[Reg::va] = static_cast<std::uint16_t>(va);
    check.r_[Reg::page] = static_cast<std::uint16_t>(page);
    check.r_[Reg::pin] = static_cast<std::uint16_t>(pin);
    check.r_[Reg::writes] = static_cast<std::uint16_t>(writes);
    const StepResult asked = check.run(check.entry_of(code), true);
    violated_ |= asked.violated;
    elsewhere_ = elsewhere_ || asked.elsewhere;
}

// A count that would be larger than a state can keep is as large as it can be from then on,
// and one that would be smaller than nothing stays. Properties are told the page, if it is a
// page's count; else the process, and the virtual page.
template <class O>
void Machine<O>::miscount(Event event, Field field, unsigned index) {
    if (!p_.layout.has(field)) return;
    if (event == Event::overflow) set(field, index, p_.layout.largest(field));
    violated_ |= miscount_bit;
    observer_.miscounted(field, index);
    switch (info(field).scope) {
    case Scope::page: return raise(event, 0, 0, index, 0);
    case Scope::pte: return raise(event, index / p_.layout.pages, index % p_.layout.pages, 0, 0);
    default: return raise(event, index, 0, 0, 0);
    }
}

// The pins that a process holds, or is about to, as bits of `entitled`.
template <class O>
unsigned Machine<O>::pins_of(unsigned mm) const {
    unsigned bits = 0;
    for (unsigned i = 0; i < pins(); ++i)
        if (get(Field::pin_state, i) != 0 && get(Field::pin_owned, i) != 0 &&
            get(Field::pin_mm, i) == mm)
            bits |= 1U << (mms() + i);
    return bits;
}

// The page holds a value that no process expects to read.
template <class O>
void Machine<O>::content_changes(unsigned page, unsigned entitled) {
    set(Field::expected, page, 0);
    set(Field::entitled, page, entitled);
    set(Field::zeroed, page, 0);
}

template <class O>
void Machine<O>::copy_content(unsigned from, unsigned to) {
    for (const Field ghost : {Field::expected, Field::entitled, Field::zeroed})
        set(ghost, to, get(ghost, from));
    observer_.copied(from, to);
}

// What mm should read at va is, from now on, the value just written to the page.
template <class O>
void Machine<O>::store_value(unsigned mm, unsigned va, unsigned page, unsigned entitled,
                             bool zeroes) {
    const unsigned i = slot(mm, va);
    const unsigned bit = 1U << i;
    for (unsigned f = 0; f < frames(); ++f) set(Field::expected, f, get(Field::expected, f) & ~bit);
    // What is stored beside an operation that gives it up may be stored before it.
    const bool given_up = get(Field::giving_up, i) != 0;
    set(Field::expects_zero, i, zeroes || given_up);
    set(Field::stored_meanwhile, i, given_up);
    content_changes(page, entitled);
    set(zeroes ? Field::zeroed : Field::expected, page, zeroes ? 1U : bit);
}

// Whether some CPU still has a translation of a mapping that was zapped: whoever zaps a
// huge PMD, or a range, zaps what is beside its own page, too.
template <class O>
bool Machine<O>::has_stale_tlb(unsigned mm, unsigned va) {
    return is_translated(Field::tlb_stale, mm, va);
}

// Whether some CPU has a translation of which that is so.
template <class O>
bool Machine<O>::is_translated(Field which, unsigned mm, unsigned va) {
    for (const Thread& thread : p_.world.threads)
        if (thread.actor == Actor::cpu && thread.mm == mm &&
            get(which, p_.layout.tlb_index(thread.cpu, va)) != 0)
            return true;
    return false;
}

template <class O>
bool Machine<O>::is_zapping(unsigned mm, unsigned va) {
    for (unsigned t = 0; t < threads(); ++t) {
        const unsigned words = thread_words(t)[1];
        if ((words & (1U << 6U)) == 0 || (words & 3U) != mm) continue;
        if (((words >> 2U) & 3U) == va || has_stale_tlb(mm, va)) return true;
    }
    return false;
}

// Each translation that there is by now is of the mapping that ends. An access through one is
// the program's own race with its own zap until the zap has flushed. What is mapped later is
// another mapping, whatever becomes of its entry meanwhile: migration, reclaim, and who breaks
// COW take it away for a while or for good, and stores through the TLB are no race then.
template <class O>
void Machine<O>::make_stale(unsigned mm, unsigned va) {
    for (const Thread& thread : p_.world.threads) {
        if (thread.actor != Actor::cpu || thread.mm != mm) continue;
        const unsigned entry = p_.layout.tlb_index(thread.cpu, va);
        if (get(Field::tlb_valid, entry) != 0) set(Field::tlb_stale, entry, 1);
    }
}

// The process should read nothing of what was there.
template <class O>
void Machine<O>::forget_content(unsigned mm, unsigned va) {
    const unsigned bit = 1U << slot(mm, va);
    for (unsigned f = 0; f < frames(); ++f) set(Field::expected, f, get(Field::expected, f) & ~bit);
    set(Field::expects_zero, slot(mm, va), 1);
}

// The mapping generation ends: nothing that was promised about it holds, and its pins owe it
// nothing any more. What the process should read is not for a statement to say.
template <class O>
void Machine<O>::end_generation(unsigned mm, unsigned va) {
    for (const Field ghost : {Field::wp_armed, Field::soft_dirty_owed}) set(ghost, slot(mm, va), 0);
    for (unsigned i = 0; i < pins(); ++i)
        if (get(Field::pin_state, i) != 0 && get(Field::pin_owned, i) != 0 &&
            get(Field::pin_mm, i) == mm && get(Field::pin_va, i) == va)
            set(Field::pin_attached, i, 0);
}

// From the start on, zeroes may be there as well, and what others store meanwhile may be lost.
// Where it is gone at the return, nothing is there but what was stored meanwhile.
template <class O>
void Machine<O>::give_up(unsigned mm, unsigned va, unsigned how) {
    const unsigned i = slot(mm, va);
    const unsigned others = get(Field::giving_up, i) - (how == GiveUp::starts ? 0U : 1U);
    if (how == GiveUp::starts) set(Field::expects_zero, i, 1);
    if (how == GiveUp::is_gone && get(Field::stored_meanwhile, i) == 0) forget_content(mm, va);
    if (others == 0) set(Field::stored_meanwhile, i, 0);
    set(Field::giving_up, i, others + (how == GiveUp::starts ? 1U : 0U));
}

// Who permits stores while mprotect(PROT_READ) is under way leaves it nothing to promise.
template <class O>
void Machine<O>::bar_stores(unsigned mm, unsigned va, unsigned how) {
    const unsigned i = slot(mm, va);
    const unsigned all = get(Field::store_barred, i);
    const unsigned permitting = all >> StoreBar::permitting_shift;
    unsigned state = all & StoreBar::state;
    unsigned others = permitting;
    switch (how) {
    case BarStores::starts:
        if (state == 0) state = StoreBar::under_way;
        break;
    case BarStores::returned:
        if (state == StoreBar::under_way) state = permitting == 0 ? StoreBar::promised : 0U;
        break;
    default: state = 0; others = how == BarStores::permits ? permitting + 1U : permitting - 1U;
    }
    set(Field::store_barred, i, state | (others << StoreBar::permitting_shift));
}

template <class O>
bool Machine<O>::holds_expected(unsigned mm, unsigned va, unsigned page) const {
    const unsigned i = slot(mm, va);
    return ((get(Field::expected, page) >> i) & 1U) != 0 ||
           (get(Field::zeroed, page) != 0 && get(Field::expects_zero, i) != 0);
}

template <class O>
unsigned Machine<O>::count_mappings(unsigned page) const {
    unsigned n = 0;
    for (unsigned mm = 0; mm < mms(); ++mm)
        for (unsigned va = 0; va < p_.layout.pages; ++va) n += maps(mm, va, page);
    return n;
}

// How many PMDs map the THP that the page is in.
template <class O>
unsigned Machine<O>::count_pmd_mappings(unsigned page) const {
    unsigned n = 0;
    for (unsigned mm = 0; has_thp() && mm < mms(); ++mm)
        n += (get(Field::pmd, mm) & PteBit::huge) != 0 &&
             unsigned{get(Field::pmd, mm)} >> PteBit::frame_shift == head_of(page);
    return n;
}

// The page in the swap cache; there is one swap slot, so there is one at most.
template <class O>
unsigned Machine<O>::swap_cache() const {
    for (unsigned f = 0; f < p_.world.frames; ++f)
        if (get(Field::swapcache, f) != 0) return f;
    return p_.world.swap_frame();
}

// Whether two pages surely hold the same: both hold zeroes, or what some process should
// read somewhere. No other store makes a value that was there before, so pages that hold the
// same hold copies, and as long as the owner of one of them reads there what it should,
// its bit is in both.
template <class O>
bool Machine<O>::holds_the_same(unsigned a, unsigned b) const {
    return (get(Field::zeroed, a) != 0 && get(Field::zeroed, b) != 0) ||
           (unsigned{get(Field::expected, a)} & unsigned{get(Field::expected, b)}) != 0;
}

// memcmp_pages(). What is known of the one's content holds for the other's as well.
template <class O>
bool Machine<O>::identical(unsigned a, unsigned b) {
    if (!holds_the_same(a, b)) return false;
    for (const Field ghost : {Field::expected, Field::entitled, Field::zeroed}) {
        const unsigned both = unsigned{get(ghost, a)} | unsigned{get(ghost, b)};
        set(ghost, a, both);
        set(ghost, b, both);
    }
    return true;
}

// What ksmd finds for a page: a KSM page first (the stable tree), then any other
// anonymous page that is mapped (the unstable tree); the page itself if there is none.
template <class O>
unsigned Machine<O>::twin(unsigned page) const {
    for (const bool ksm : {true, false})
        for (unsigned i = 0; i < p_.layout.size(Scope::pte); ++i) {
            const unsigned pte = get(Field::pte, i);
            const unsigned other = pte >> PteBit::frame_shift;
            if ((pte & PteBit::present) != 0 && other != page && is_anon(other) &&
                (get(Field::ksm, other) != 0) == ksm && holds_the_same(page, other))
                return other;
        }
    return page;
}

// Swap entries in the page tables of all processes but one.
template <class O>
unsigned Machine<O>::swap_entries(unsigned without) const {
    unsigned n = 0;
    for (unsigned i = 0; i < p_.layout.size(Scope::pte); ++i) {
        const unsigned pte = get(Field::pte, i);
        n += i / p_.layout.pages != without && row_of(Way::swap_slot).slots.value.lead(pte);
    }
    return n;
}

template <class O>
unsigned Machine<O>::references_of_pin(unsigned pin, unsigned page) const {
    if (get(Field::pin_state, pin) != static_cast<unsigned>(PinState::held) ||
        !same_folio(get(Field::pin_page, pin), page))
        return 0;
    return get(Field::pin_foll_pin, pin) != 0 ? gup_pin_counting_bias : 1U;
}

// What the reference count should be when nothing is under way: one for every
// mapping (the zeropage and page cache: one for the cache), 1 or 1024 for a pin. A THP has
// one count for all of it, in which a PMD counts once.
template <class O>
unsigned Machine<O>::count_references(unsigned page, bool with_pins) const {
    const auto kind = static_cast<PageKind>(get(Field::kind, page));
    unsigned n = kind == PageKind::zeropage ? 1 : count_mappings(page);
    if (other_of(page) != page) n += count_mappings(other_of(page)) - count_pmd_mappings(page);
    n += kind == PageKind::page_cache ? 1 : 0;
    if (p_.layout.has(Field::swapcache))
        n += page == p_.world.swap_frame() ? swap_entries(mms()) : get(Field::swapcache, page);
    for (unsigned i = 0; i < pins(); ++i) {
        const unsigned pinned = references_of_pin(i, page);
        n += with_pins || pinned == 1 ? pinned : 0U;
    }
    for (unsigned i = 0; p_.layout.has(Field::batch_valid) && i < p_.layout.size(Scope::tlb); ++i)
        n += get(Field::batch_valid, i) != 0 && get(Field::batch_page, i) == page;
    for (unsigned i = 0; p_.layout.has(Field::spte) && i < p_.layout.size(Scope::pte); ++i) {
        const unsigned entry = get(Field::spte, i);
        n += (entry & PteBit::present) != 0 && (entry & PteBit::referenced) != 0 &&
             (entry >> PteBit::frame_shift) == page;
    }
    return n;
}

// Whether anybody holds a FOLL_PIN, or is about to.
template <class O>
bool Machine<O>::any_foll_pin() const {
    for (unsigned i = 0; i < pins(); ++i)
        if (get(Field::pin_state, i) != 0 && get(Field::pin_foll_pin, i) != 0) return true;
    return false;
}

}  // namespace cowcheck
