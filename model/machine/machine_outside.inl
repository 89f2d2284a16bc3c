// Counts with references from outside in them. Part of machine.h; only instantiated for
// worlds that have such.
#pragma once

namespace cowcheck {

template <class O>
CountTerm Machine<O>::term_in(unsigned reg) const {
    if constexpr (O::outside_counts)
        if (terms_[reg].open) return terms_[reg];
    CountTerm term;
    term.base = r_[reg];
    return term;
}

// A count was loaded: what of it comes from outside. Any page may have transient
// references as long as it is not free; the swap slot is none.
template <class O>
void Machine<O>::load_term(Field field, unsigned page, unsigned reg) {
    if constexpr (O::outside_counts) {
        if (field != Field::refcount && field != Field::mapcount) return;
        CountTerm term;
        term.base = r_[reg];
        const OutsideOf& outside = p_.outside_of[get(Field::outside_page, page)];
        const auto add = [&](std::uint8_t number) {
            if (number == OutsideOf::none) return;
            term.times[1U + number] = 1;
            term.open = true;
        };
        add(outside.mappings);
        if (field == Field::refcount) {
            add(outside.references);
            const auto kind = static_cast<PageKind>(get(Field::kind, page));
            const bool slot = p_.world.swap() && page == p_.world.swap_frame();
            if (p_.world.transient != 0 && !slot &&
                (kind == PageKind::anonymous || kind == PageKind::page_cache)) {
                term.times[0] = 1;
                term.open = true;
            }
        }
        terms_[reg] = term;
    }
}

// The registers b and c: by their numbers, `plainly`, unless one of them is open.
template <class O>
bool Machine<O>::compare(const Instruction& i, Relation relation, bool plainly) {
    if constexpr (O::outside_counts) {
        const CountTerm difference = sum_of(term_in(i.b), term_in(i.c), -1);
        if (difference.open) return observer_.decide(difference, relation);
    }
    return plainly;
}

// Whether somebody outside keeps the page from being freed.
template <class O>
bool Machine<O>::held_outside(unsigned page) {
    if constexpr (O::outside_counts) {
        const OutsideOf& outside = p_.outside_of[get(Field::outside_page, page)];
        CountTerm term;
        for (const std::uint8_t number : {outside.references, outside.mappings})
            if (number != OutsideOf::none) {
                term.times[1U + number] = -1;
                term.open = true;
            }
        return term.open && observer_.decide(term, Relation::below);
    }
    (void)page;
    return false;
}

template <class O>
bool Machine<O>::mapped_outside(unsigned page) {
    if constexpr (O::outside) {
        if (!p_.layout.has(Field::outside_page)) return false;
        const std::uint8_t number = p_.outside_of[get(Field::outside_page, page)].mappings;
        if (number == OutsideOf::none) return false;
        CountTerm term;
        term.times[1U + number] = -1;
        term.open = true;
        return observer_.decide(term, Relation::below);
    }
    (void)page;
    return false;
}

}  // namespace cowcheck
