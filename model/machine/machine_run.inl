// The interpreter. Part of machine.h.
#pragma once

namespace cowcheck {

// One case for each instruction of COWCHECK_CODES, in that order; that is why it
// is one long function.
template <class O>
StepResult Machine<O>::run(unsigned address, bool entering) {
    StepResult result;
    result.steps = 1;
    violated_ = 0;
    misled_ = false;
    elsewhere_ = false;
    const Instruction* code = p_.code.data();
    const Instruction* i = code + address;
    bool early = !entering && is_right_mover(mover(*(i - 1)));  // only right movers so far
    bool done_early = true;  // ... without the step that is under way
    unsigned joined_at = 0;  // the last rest that was joined with what came before
    Blocked blocked = Blocked::no;
    auto& r = r_;
    const auto truth = [](bool value) { return static_cast<std::uint16_t>(value); };
    const auto narrow = [](unsigned value) { return static_cast<std::uint16_t>(value); };

    const auto stop_at = [&](unsigned pc) {
        std::uint16_t* words = thread_words(thread_);
        const Rest& rest = p_.rests[pc];
        words[0] = narrow(pc);
        for (unsigned w = 1; w < p_.layout.stride[static_cast<std::size_t>(Scope::thread)]; ++w)
            words[w] = words[w] & rest.live[w - 1];
    };

    for (;; ++i) {
        observer_.at(static_cast<unsigned>(i - code));
        if constexpr (O::shows_registers) observer_.registers(r_, terms_);
        if constexpr (O::outside_counts)
            terms_[i->a % Reg::count].open = false;  // results are never operands
        switch (i->code) {
        case Code::rest:
            if (entering) {
                entering = false;
                early = is_right_mover(mover(*i));
                observer_.step(i->imm);
                break;
            }
            // Right movers, at most one step that is none, left movers: see
            // docs/internals-reduction.md.
            if (i->a == Mover::separate || result.steps >= max_joined) {
                stop_at(i->imm);
                goto done;
            }
            {
                const std::uint8_t next = mover(*i);
                if (!early && !is_left_mover(next)) {
                    stop_at(i->imm);
                    goto done;
                }
                done_early = early;
                early = early && is_right_mover(next);
            }
            joined_at = i->imm;
            ++result.steps;
            observer_.step(joined_at);
            break;
        case Code::jump: i = code + i->target - 1; break;
        case Code::jump_if:
            if (r[i->a] != 0) i = code + i->target - 1;
            break;
        case Code::jump_unless:
            if (r[i->a] == 0) i = code + i->target - 1;
            break;
        case Code::end: end_operation(static_cast<EndOf>(i->imm), r[i->a]); goto done;
        case Code::check:
            if (r[i->a] == 0) violated_ |= 1U << i->imm;
            break;
        case Code::assert_:
            if (r[i->a] == 0) violated_ |= assertion_bit;
            break;

        case Code::imm: r[i->a] = i->imm; break;
        case Code::move:
            r[i->a] = r[i->b];
            if constexpr (O::outside_counts) terms_[i->a] = terms_[i->b];
            break;
        case Code::load: {
            const unsigned element = r[i->b];
            r[i->a] = get(static_cast<Field>(i->c), element);
            if constexpr (O::outside_counts) load_term(static_cast<Field>(i->c), element, i->a);
            break;
        }
        case Code::store: set(static_cast<Field>(i->c), r[i->b], r[i->a]); break;
        case Code::load_local:
            r[i->a] = narrow((thread_words(thread_)[i->b] >> i->c) & unsigned{i->imm});
            break;
        case Code::store_local: {
            auto& word = thread_words(thread_)[i->b];
            word = narrow((word & ~(unsigned{i->imm} << i->c)) |
                          ((r[i->a] & unsigned{i->imm}) << i->c));
            break;
        }
        case Code::pte_index: r[i->a] = narrow(slot(r[i->b], r[i->c])); break;
        case Code::tlb_index: r[i->a] = narrow(p_.layout.tlb_index(r[i->b], r[i->c])); break;
        case Code::bit: r[i->a] = truth((r[i->b] & i->imm) != 0); break;
        case Code::put_bit:
            r[i->a] = narrow(r[i->c] != 0 ? r[i->a] | i->imm : r[i->a] & ~unsigned{i->imm});
            break;
        case Code::frame: r[i->a] = r[i->b] >> PteBit::frame_shift; break;
        case Code::leaf: r[i->a] = narrow(leaf(r[i->b], r[i->c], i->imm != 0)); break;
        case Code::head: r[i->a] = narrow(head_of(r[i->b])); break;
        case Code::other: r[i->a] = narrow(other_of(r[i->b])); break;
        case Code::large_mapcount:
        case Code::mapped_shared: {
            unsigned all = 0;
            unsigned who = 0;
            for (unsigned mm = 0; mm < mms(); ++mm) {
                all += mm_mapcount(r[i->b], mm);
                who += mm_mapcount(r[i->b], mm) != 0;
            }
            r[i->a] = i->code == Code::large_mapcount ? narrow(all) : truth(who > 1);
            break;
        }
        case Code::count_mapping: count_mapping(r[i->a], r[i->b], i->imm != 0); break;
        case Code::subpage: r[i->a] = narrow(p_.layout.subpage(s_, r[i->b], r[i->c])); break;
        case Code::put_frame:
            r[i->a] = narrow((r[i->a] & 0xffU) | PteBit::present |
                             (unsigned{r[i->c]} << PteBit::frame_shift));
            break;
        case Code::add:
            if constexpr (O::outside_counts) terms_[i->a] = sum_of(term_in(i->b), term_in(i->c), 1);
            r[i->a] = narrow(unsigned{r[i->b]} + r[i->c]);
            break;
        case Code::sub:
            if constexpr (O::outside_counts)
                terms_[i->a] = sum_of(term_in(i->b), term_in(i->c), -1);
            r[i->a] = narrow(unsigned{r[i->b]} - r[i->c]);
            break;
        case Code::eq: r[i->a] = truth(compare(*i, Relation::equal, r[i->b] == r[i->c])); break;
        case Code::ne: r[i->a] = truth(!compare(*i, Relation::equal, r[i->b] == r[i->c])); break;
        case Code::lt: r[i->a] = truth(compare(*i, Relation::below, r[i->b] < r[i->c])); break;
        case Code::le: r[i->a] = truth(compare(*i, Relation::at_most, r[i->b] <= r[i->c])); break;
        case Code::both: r[i->a] = truth(r[i->b] != 0 && r[i->c] != 0); break;
        case Code::either: r[i->a] = truth(r[i->b] != 0 || r[i->c] != 0); break;
        case Code::invert: r[i->a] = truth(r[i->b] == 0); break;
        case Code::is_anon: r[i->a] = truth(is_anon(r[i->b])); break;
        case Code::is_counted: {
            const auto kind = static_cast<PageKind>(get(Field::kind, r[i->b]));
            r[i->a] = truth(kind == PageKind::anonymous || kind == PageKind::page_cache);
            break;
        }
        case Code::is_migration: r[i->a] = truth(is_migration_entry(r[i->b])); break;
        case Code::is_free: r[i->a] = truth(is_free(r[i->b])); break;

        case Code::lock_mmap_read: {
            if (get(Field::mmap_writer, r[Reg::mm]) != 0) {
                blocked = Blocked::lock;
                goto stuck;
            }
            count_up(Field::mmap_readers, r[Reg::mm], 1);
            break;
        }
        case Code::lock_mmap_write:
            if (get(Field::mmap_writer, r[Reg::mm]) != 0 ||
                get(Field::mmap_readers, r[Reg::mm]) != 0) {
                blocked = Blocked::lock;
                goto stuck;
            }
            set(Field::mmap_writer, r[Reg::mm], 1);
            break;
        case Code::unlock_mmap_read: count_down(Field::mmap_readers, r[Reg::mm], 1); break;
        case Code::unlock_mmap_write: set(Field::mmap_writer, r[Reg::mm], 0); break;
        case Code::lock_ptl:
            if (get(Field::ptl, r[Reg::mm]) != 0) {
                blocked = Blocked::lock;
                goto stuck;
            }
            set(Field::ptl, r[Reg::mm], 1);
            break;
        case Code::unlock_ptl: set(Field::ptl, r[Reg::mm], 0); break;
        case Code::lock_page:
            if (get(Field::locked, r[i->a]) != 0) {
                blocked = Blocked::lock;
                goto stuck;
            }
            set(Field::locked, r[i->a], 1);
            break;
        case Code::unlock_page: set(Field::locked, r[i->a], 0); break;
        case Code::trylock_page:
            r[i->a] = truth(get(Field::locked, r[i->b]) == 0);
            set(Field::locked, r[i->b], 1);
            break;
        case Code::wait_page:
            if (get(Field::locked, r[i->a]) != 0) {
                blocked = Blocked::lock;
                goto stuck;
            }
            break;
        case Code::irqs_off:
        case Code::irqs_on: break;
        case Code::trylock_vma:
            r[i->a] = truth(get(Field::vma_writer, r[Reg::mm]) == 0);
            if (r[i->a] != 0) count_up(Field::vma_readers, r[Reg::mm], 1);
            break;
        case Code::lock_vma_write:
            if (get(Field::vma_writer, r[Reg::mm]) != 0 ||
                get(Field::vma_readers, r[Reg::mm]) != 0) {
                blocked = Blocked::lock;
                goto stuck;
            }
            set(Field::vma_writer, r[Reg::mm], 1);
            break;
        case Code::unlock_vma_read: count_down(Field::vma_readers, r[Reg::mm], 1); break;
        case Code::unlock_vma_write: set(Field::vma_writer, r[Reg::mm], 0); break;

        case Code::notifier_start:
        case Code::notifier_end:
            for (unsigned va = 0; va < p_.layout.pages; ++va)
                if (i->imm != 0 || va == r[Reg::va])
                    notify(r[Reg::mm], va, i->code == Code::notifier_start);
            break;
        case Code::notifier_read:
            set(Field::seq_watch, thread_,
                get(Field::invalidating, slot(r[Reg::mm], r[Reg::va])) != 0 ? 2 : 1);
            break;
        case Code::notifier_changed: r[i->a] = truth(get(Field::seq_watch, thread_) != 1); break;
        case Code::lru_add: lru_add(r[i->a]); break;
        case Code::lru_drain:
            for (unsigned e = 0; e < p_.layout.size(Scope::tlb); ++e)
                if (i->imm != 0 || (p_.world.threads[thread_].actor == Actor::cpu &&
                                    e / p_.layout.pages == p_.world.threads[thread_].cpu))
                    lru_drain(e);
            break;
        case Code::secondary_load:
        case Code::secondary_store:
            if (!access_secondary(i->code == Code::secondary_store ? Access::store
                                                                   : Access::load)) {
                blocked = Blocked::lock;
                goto stuck;
            }
            break;

        case Code::seq_begin:
        case Code::seq_end: bump_seq(r[Reg::mm]); break;
        case Code::seq_read:
            set(Field::seq_watch, thread_, get(Field::write_protect_seq, r[Reg::mm]) != 0 ? 3 : 1);
            break;
        case Code::seq_odd: r[i->a] = truth(get(Field::seq_watch, thread_) == 3); break;
        case Code::seq_changed: r[i->a] = truth(get(Field::seq_watch, thread_) != 1); break;
        case Code::get:
            see_taken(r[i->a]);
            count_up(Field::refcount, r[i->a], i->imm);
            break;
        case Code::try_get: {
            const unsigned page = r[i->b];
            const bool held = get(Field::refcount, page) != 0 || held_outside(page);
            r[i->a] = truth(held);
            if (held) count_up(Field::refcount, page, i->imm);
            break;
        }
        case Code::put: drop(r[i->a], i->imm); break;
        case Code::add_field:
            if (static_cast<Field>(i->c) == Field::refcount) see_taken(r[i->b]);
            count_up(static_cast<Field>(i->c), r[i->b], r[i->a]);
            break;
        case Code::sub_field: count_down(static_cast<Field>(i->c), r[i->b], r[i->a]); break;
        case Code::alloc:
        case Code::copy: {
            unsigned page = 0;
            if (!allocate(page)) {
                blocked = Blocked::frames;
                goto stuck;
            }
            if (i->code == Code::alloc) {
                set(Field::zeroed, page, 1);
                observer_.zeroed(page);
            } else {
                if (i->imm == 1)
                    raise(Event::cow_copy, r[Reg::mm], r[Reg::va], r[i->b], 0,
                          get(Field::fault_shared, thread_) != 0 || !is_anon(r[i->b]));
                if (i->imm == 2)
                    raise(Event::fork_copy, r[Reg::mm], r[Reg::va], r[i->b], 0,
                          get(Field::fault_shared, thread_) != 0 || any_foll_pin());
                copy_content(r[i->b], page);
            }
            r[i->a] = narrow(page);
            break;
        }
        case Code::swap_cache: r[i->a] = narrow(swap_cache()); break;
        case Code::next_mapping: r[i->a] = truth(next_mapping(r[i->b], i->imm != 0)); break;
        case Code::twin: r[i->a] = narrow(twin(r[i->b])); break;
        case Code::identical: r[i->a] = truth(identical(r[i->b], r[i->c])); break;
        case Code::swap_write:
            copy_content(r[i->a], p_.world.swap_frame());
            set(Field::page_dirty, r[i->a], 0);
            break;
        case Code::set_pte: {
            const unsigned old = get(Field::pte, r[i->b]);
            see_mapped(r[i->a]);
            set(Field::pte, r[i->b], r[i->a]);
            // Only the monitor's own ioctl arms the promise. Where faults resolve themselves,
            // nobody told us that the one before was kept.
            if (i->imm != 0 && (old & PteBit::uffd_wp) == 0 && (r[i->a] & PteBit::uffd_wp) != 0 &&
                (get(Field::wp_armed, r[i->b]) == 0 || p_.world.wp_async))
                set(Field::wp_armed, r[i->b], i->imm);
            break;
        }
        case Code::set_leaf: set_leaf(r[i->b], r[i->c], r[i->a], i->imm != 0); break;
        case Code::set_pmd:
            see_mapped(r[i->a]);
            set(Field::pmd, r[i->b], r[i->a]);
            break;
        case Code::fill_table: fill_table(r[i->b], r[i->a]); break;
        case Code::zap_pmd: zap_pmd(r[Reg::mm], static_cast<Zap>(i->imm)); break;
        case Code::alloc_huge:
        case Code::copy_huge: {
            unsigned head = 0;
            if (!allocate_huge(head)) {
                blocked = Blocked::frames;
                goto stuck;
            }
            const unsigned halves[] = {head, other_of(head)};
            if (i->code == Code::alloc_huge) {
                for (const unsigned half : halves) {
                    set(Field::zeroed, half, 1);
                    observer_.zeroed(half);
                }
            } else {
                const unsigned from = r[i->b] >> PteBit::frame_shift;
                bool needed = get(Field::fault_shared, thread_) != 0;
                for (unsigned va = 0; va < Limits::subpages; ++va) {
                    needed = needed || !is_anon(p_.layout.subpage(s_, from, va)) ||
                             reachable_by_others(r[Reg::mm], p_.layout.subpage(s_, from, va));
                    copy_content(p_.layout.subpage(s_, from, va), halves[va]);
                }
                if (i->imm != 0) raise(Event::cow_copy, r[Reg::mm], r[Reg::va], from, 0, needed);
            }
            r[i->a] = narrow(head);
            break;
        }
        case Code::copy_into: copy_content(r[i->b], r[i->a]); break;
        case Code::split_folio: r[i->a] = truth(split_folio(r[i->b], i->imm)); break;
        case Code::share_pte: share_pte(r[i->c], r[Reg::va], r[i->a]); break;
        case Code::zap_pte: zap_pte(r[Reg::mm], r[Reg::va], static_cast<Zap>(i->imm)); break;
        case Code::flush:
            if (!flush(r[Reg::mm], r[Reg::va], i->imm != 0)) {
                blocked = Blocked::interrupts;
                goto stuck;
            }
            break;
        case Code::detach_vma:
            set(Field::mapped, slot(r[Reg::mm], r[Reg::va]), p_.world.fresh_mapping);
            if (p_.layout.has(Field::read_only))
                set(Field::read_only, slot(r[Reg::mm], r[Reg::va]), 0);
            if (p_.layout.has(Field::dont_copy))
                set(Field::dont_copy, slot(r[Reg::mm], r[Reg::va]), 0);
            break;
        case Code::new_mm: {
            unsigned child = 0;
            if (!new_mm(child)) {
                blocked = Blocked::lock;
                goto stuck;
            }
            r[i->a] = narrow(child);
            if (p_.layout.has(Field::constraint)) set(Field::fault_shared, thread_, any_foll_pin());
            break;
        }
        case Code::start_mm: start_mm(r[i->a]); break;
        case Code::end_mm:
            if (others_work_on(r[Reg::mm])) {
                blocked = Blocked::lock;
                goto stuck;
            }
            end_mm(r[Reg::mm]);
            break;
        case Code::userfault: raise(Event::userfault, r[Reg::mm], r[Reg::va], 0, 0, i->imm); break;
        case Code::wait_uffd:
            if ((leaf(r[Reg::mm], r[Reg::va], false) & PteBit::uffd_wp) != 0) {
                blocked = Blocked::userfault;
                goto stuck;
            }
            break;

        case Code::try_load: r[i->a] = truth(access_tlb(Access::load)); break;
        case Code::try_store:
            r[i->a] = truth(access_tlb(i->imm != 0 ? Access::store_of_zeroes : Access::store));
            break;
        case Code::walk: r[i->a] = truth(walk(i->imm != 0)); break;
        case Code::dma_read:
            raise(Event::dma_read, r[Reg::mm], r[Reg::va], get(Field::pin_page, r[Reg::pin]),
                  r[Reg::pin]);
            break;
        case Code::dma_write: dma_write(r[Reg::pin]); break;
        case Code::unpin_event:
            raise(Event::unpin, r[Reg::mm], r[Reg::va], get(Field::pin_page, r[Reg::pin]),
                  r[Reg::pin]);
            break;
        case Code::drop_pin: forget_pin(r[Reg::pin]); break;
        case Code::attach:  // a FOLL_GET for reading promises nothing anyway
            set(Field::pin_crossed, r[Reg::pin], 0);
            set(Field::pin_attached, r[Reg::pin],
                get(Field::pin_write, r[Reg::pin]) != 0 ||
                    get(Field::pin_foll_pin, r[Reg::pin]) != 0);
            break;
        case Code::note_shared:
            if ((r[i->a] & PteBit::present) != 0)
                set(Field::fault_shared, thread_,
                    reachable_by_others(r[Reg::mm], r[i->a] >> PteBit::frame_shift) ||
                        mapped_outside(r[i->a] >> PteBit::frame_shift));
            break;
        case Code::soft_dirty_armed:
            set(Field::soft_dirty_armed, r[Reg::mm], i->imm);
            for (unsigned va = 0; va < p_.layout.pages; ++va)
                set(Field::soft_dirty_owed, slot(r[Reg::mm], va), 0);
            break;
        case Code::give_up:
        case Code::bar_stores:
            for (unsigned va = 0; va < p_.layout.pages; ++va) {
                if (i->c == 0 && va != r_[Reg::va]) continue;
                if (i->code == Code::give_up)
                    give_up(r_[Reg::mm], va, i->imm);
                else
                    bar_stores(r_[Reg::mm], va, i->imm);
            }
            break;
        case Code::wp_resolved:
        case Code::wp_returned:
            for (unsigned va = 0; va < p_.layout.pages; ++va) {
                const unsigned at = slot(r_[Reg::mm], va);
                if (i->c == 0 && va != r_[Reg::va]) continue;
                if (i->code == Code::wp_resolved)
                    set(Field::wp_armed, at, 0);
                else if (get(Field::wp_armed, at) == i->imm)
                    set(Field::wp_armed, at, 2);
            }
            break;

        case Code::entitled_mm:
            r[i->a] = truth(get(Field::zeroed, r[i->c]) != 0 ||
                            ((unsigned{get(Field::entitled, r[i->c])} >> r[i->b]) & 1U) != 0);
            break;
        case Code::entitled_pin:
            r[i->a] =
                truth(get(Field::zeroed, r[i->c]) != 0 ||
                      ((unsigned{get(Field::entitled, r[i->c])} >> (mms() + r[i->b])) & 1U) != 0);
            break;
        case Code::holds_expected:  // of mm b at va (the event's), page c
            r[i->a] = truth(holds_expected(r[i->b], r[Reg::va], r[i->c]));
            break;
        case Code::zapping: r[i->a] = truth(is_zapping(r[i->b], r[i->c])); break;
        case Code::wp_promised:
            r[i->a] = truth(get(Field::wp_armed, slot(r[i->b], r[i->c])) == 2);
            break;
        case Code::stores_barred:
            r[i->a] =
                truth((get(Field::store_barred, slot(r[i->b], r[i->c])) & StoreBar::promised) != 0);
            break;
        case Code::translated:
            r[i->a] = truth(
                is_translated(i->imm == 0 ? Field::tlb_valid : Field::tlb_stale, r[i->b], r[i->c]));
            break;
        case Code::quiet: r[i->a] = truth(p_.layout.work(s_).processes == 0); break;
        case Code::quiet_mm:
            r[i->a] = truth((unsigned{p_.layout.work(s_).processes} >> r[i->b] & 1U) == 0);
            break;
        case Code::references: r[i->a] = narrow(count_references(r[i->b], i->imm == 0)); break;
        case Code::mappings: r[i->a] = narrow(count_mappings(r[i->b])); break;
        case Code::pmd_mappings: r[i->a] = narrow(count_pmd_mappings(r[i->b])); break;
        case Code::reachable: r[i->a] = truth(reachable_by_others(r[i->b], r[i->c])); break;
        case Code::mapped_outside: r[i->a] = truth(mapped_outside(r[i->b])); break;
        }
    }
stuck:
    observer_.stuck();
    if (joined_at == 0 || done_early) {
        result.blocked = blocked;
        result.violated = violated_;
        result.misled = misled_;
        result.elsewhere = elsewhere_;
        return result;
    }
    // What was joined before stands; the thread rests where it got stuck.
    --result.steps;
    stop_at(joined_at);
done:
    result.violated = violated_;
    result.misled = misled_;
    result.elsewhere = elsewhere_;
    return result;
}

}  // namespace cowcheck
