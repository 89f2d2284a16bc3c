// The steps of the kernel and of the hardware, as statements: most are calls of
// the macros in prelude.cpp.
#include "model/export/steps.h"

#include <stdexcept>

namespace cowcheck::promela {

bool Steps::pages(Walk& w, const Instruction& i) {
    const auto add = [&](Walk& to, const Expr& page, unsigned amount) {
        effect(to,
               count_up(render(field(Field::refcount, page)), std::to_string(amount),
                        p_.layout.largest(Field::refcount),
                        whose_count(Field::refcount, render(page))),
               footprint(Field::refcount));
    };
    switch (i.code) {
    case Code::get:
        effect(w, "take(" + render(w.registers[i.a].now) + ")", 0);
        add(w, w.registers[i.a].now, i.imm);
        return true;
    case Code::try_get: {
        const Value page = w.registers[i.b];
        const Value count = load(w, Field::refcount, page);
        const auto some = [](const Expr& n) { return n ? binary(Op::ne, n, number(0)) : nullptr; };
        return choose(w, i, {some(count.now), some(count.before)},
                      [&](Walk& got) { add(got, page.now, i.imm); });
    }
    case Code::put: {
        const std::string page = stable(w, w.registers[i.a].now, footprint(Scope::page));
        const std::string of = page + ", " + std::to_string(i.imm);
        // Who unpins the page has its pin until the end of the step.
        effect(w,
               actor_.thread.empty()
                   ? "unpin_page(" + of + ", " + render(w.registers[Reg::pin].now) + ")"
                   : "put_page(" + of + ")",
               footprint(Scope::page));
        return true;
    }
    case Code::alloc:
    case Code::copy: allocation(w, i); return true;
    case Code::set_pte: set_pte(w, i); return true;
    case Code::set_leaf: set_leaf(w, i); return true;
    case Code::share_pte:
        effect(w,
               "share_pte(" + mm(w) + ", " + render(w.registers[i.c].now) + ", " +
                   render(w.registers[Reg::va].now) + ", " +
                   stable(w, w.registers[i.a].now, footprint(Field::pte) | footprint(Field::pmd)) +
                   ")",
               footprint(Field::pte) | footprint(Field::pmd) | footprint(Field::mapped) |
                   footprint(Field::read_only) | footprint(Field::pin_crossed));
        return true;
    case Code::swap_write:
        effect(w,
               "swap_write(" + stable(w, w.registers[i.a].now, footprint(Field::page_dirty)) + ")",
               content | footprint(Field::page_dirty));
        return true;
    case Code::lru_add:
    case Code::lru_drain: return lru(w, i);
    case Code::swap_cache:
    case Code::next_mapping:
    case Code::twin:
    case Code::identical: return searches(w, i);
    default: return folios(w, i);
    }
}

bool Steps::lru(Walk& w, const Instruction& i) {
    const Footprint writes = footprint(Scope::page) | footprint(Scope::tlb);
    if (i.code == Code::lru_drain && i.imm != 0) {
        const std::string drained = temporary(w);
        effect(w, "lru_drain_all(" + drained + ")", writes);
    } else if (!actor_.cpu.empty()) {
        const std::string drained = temporary(w);
        const std::string cpu = actor_.cpu;
        if (i.code == Code::lru_drain)
            effect(w, "lru_drain_cpu" + in_brackets(cpu, drained), writes);
        else
            effect(w,
                   "lru_add(" + index_text(p_, cpu, render(w.registers[Reg::va].now)) + ", " +
                       stable(w, w.registers[i.a].now, writes) + ", " + drained + ")",
                   writes);
    }
    return true;
}

// What is found by looking at everything.
bool Steps::searches(Walk& w, const Instruction& i) {
    const Value b = w.registers[i.b];
    const Value c = w.registers[i.c];
    const Footprint mapped = footprint(Field::pte);
    switch (i.code) {
    case Code::swap_cache:
        set(w, i.a, pure(w, "SWAP_CACHE", {}, footprint(Field::swapcache)));
        return true;
    case Code::twin:
        set(w, i.a,
            pure(w, "twin", {b},
                 mapped | content | footprint(Field::kind) | footprint(Field::ksm)));
        return true;
    case Code::identical:
        return choose(w, i, pure(w, "hold_the_same", {b, c}, content), [&](Walk& same) {
            effect(same,
                   "make_identical" +
                       in_brackets(stable(same, b.now, content), stable(same, c.now, content)),
                   content);
        });
    default: break;
    }
    const std::string which = i.imm != 0 ? "migration_entry" : "mapping";
    return choose(w, i, pure(w, "has_" + which, {b}, mapped), [&](Walk& found) {
        const Footprint moves = footprint(Field::op_mm) | footprint(Field::op_va);
        const std::string at = temporary(found);
        set(found, Reg::mm, {number(0), number(0)});
        set(found, Reg::va, {number(0), number(0)});
        effect(found, at + " = first_" + which + "(" + render(b.now) + ")", 0);
        effect(found,
               me(Field::op_mm) + " = " + at + " / " + std::to_string(p_.layout.pages) + "; " +
                   me(Field::op_va) + " = " + at + " % " + std::to_string(p_.layout.pages),
               moves);
        set(found, Reg::mm, {atom(me(Field::op_mm), footprint(Field::op_mm)), nullptr});
        set(found, Reg::va, {atom(me(Field::op_va), footprint(Field::op_va)), nullptr});
    });
}

// Where the result goes: into the local that it is stored to, if that is free.
std::string Steps::destination(Walk& w, const Instruction& i) {
    const Instruction& next = p_.code[w.at + 1];
    const LocalVariable* variable =
        next.code == Code::store_local && next.a == i.a ? locals_.at(w.at + 1) : nullptr;
    bool in_use = variable == nullptr || w.locals.count(variable) != 0;
    for (const unsigned live : locals_.live(w.from))
        in_use = in_use || &locals_.variables()[live] == variable;
    if (in_use) return "tmp" + std::to_string(++w.path.temporaries);
    w.direct.insert(variable);
    return member(*variable);
}

void Steps::allocation(Walk& w, const Instruction& i) {
    (void)block_unless(w, whole(w, "SOME_PAGE_IS_FREE", footprint(Field::kind)), Blocked::frames);
    const std::string from =
        i.code == Code::copy ? stable(w, w.registers[i.b].now, everything) : "0";
    const std::string to = destination(w, i);
    effect(w, "allocate(" + to + ")", footprint(Field::kind) | footprint(Field::refcount));
    if (i.code == Code::alloc) {
        effect(w, "page[" + to + "].zeroed = 1", content);
    } else {
        if (i.imm == 1) {  // 2 stands in worlds with references from outside only
            w.uses_note = true;
            raise(w, Event::cow_copy, render(w.registers[Reg::va].now), from, "0",
                  "(" + me(Field::fault_shared) + " || page[" + from + "].kind != ANON)");
        }
        effect(w, "copy_page" + in_brackets(from, to), content);
    }
    set(w, i.a, {atom(to, locals_footprint), nullptr});
}

void Steps::set_pte(Walk& w, const Instruction& i) {
    const std::string pte = "pte[" + render(w.registers[i.b].now) + "]";
    const std::string value = render(w.registers[i.a].now);
    // Only the monitor's own ioctl arms the promise. Where faults resolve themselves, nobody
    // told us that the one before was kept.
    if (i.imm != 0)
        effect(w,
               "if :: !has(" + pte + ".value, UFFD_WP) && has(" + value + ", UFFD_WP)" +
                   (p_.world.wp_async ? "" : " && " + pte + ".wp_armed == 0") + " -> " + pte +
                   ".wp_armed = " + std::to_string(i.imm) + " :: else fi",
               footprint(Field::wp_armed));
    effect(w, "take_mapped(" + value + ")", 0);
    effect(w, pte + ".value = " + value, footprint(Field::pte));
}

// The PMD if the value is a huge one, else the PTE.
void Steps::set_leaf(Walk& w, const Instruction& i) {
    const std::string value = temporary(w);
    effect(w, value + " = " + render(w.registers[i.a].now), 0);
    const std::string place = "(" + render(w.registers[i.b].now) + ", " +
                              render(w.registers[i.c].now) + ", " + value + ")";
    if (i.imm != 0) effect(w, "arm_leaf" + place, footprint(Field::wp_armed));
    effect(w, "take_mapped(" + value + ")", 0);
    effect(w, "set_leaf" + place, footprint(Field::pte) | footprint(Field::pmd));
}

bool Steps::kernel(Walk& w, const Instruction& i) {
    const Value m = w.registers[Reg::mm];
    const std::string va = render(w.registers[Reg::va].now);
    const Footprint mapping = footprint(Scope::pte) | footprint(Field::expected) |
                              footprint(Field::pin_attached) | footprint(Field::pmd);
    switch (i.code) {
    case Code::seq_begin:
    case Code::seq_end:
        effect(w, "bump_seq(" + mm(w) + ")",
               footprint(Field::write_protect_seq) | footprint(Field::seq_watch));
        break;
    case Code::seq_read:
        w.armed = true;
        effect(w, me(Field::seq_watch) + " = (mm[" + mm(w) + "].write_protect_seq -> 3 : 1)",
               footprint(Field::seq_watch));
        break;
    case Code::zap_pte:
        effect(w, own_pte(w) + ".value = 0", footprint(Field::pte));
        if (const auto zap = static_cast<Zap>(i.imm); zap != Zap::breaks_promise)
            effect(w,
                   (zap == Zap::ends_all ? "zapped_all(" : "zapped_given_up(") + actor_.thread +
                       ", " + mm(w) + ", " + va + ")",
                   mapping | footprint(Field::tlb_stale) | footprint(Field::zapping));
        break;
    case Code::flush:
        if (p_.world.flush_waits) {
            const Value off =
                whole(w, "irqs_off_in" + in_brackets(mm(w), actor_.thread), footprint(Field::pc));
            (void)block_unless(w, {nullptr, off.before ? invert(off.before) : nullptr},
                               Blocked::interrupts);
        }
        effect(w,
               (i.imm != 0 ? "flush_all(" : "flush_page(") + actor_.thread + ", " + mm(w) +
                   (i.imm != 0 ? ")" : ", " + va + ")"),
               footprint(Scope::tlb) | footprint(Field::zapping));
        break;
    case Code::detach_vma:
        effect(w, own_pte(w) + ".mapped = " + std::to_string(p_.world.fresh_mapping ? 1 : 0),
               footprint(Field::mapped));
        for (const Field lost : {Field::read_only, Field::dont_copy})
            if (p_.layout.has(lost))
                effect(w, own_pte(w) + "." + std::string(member_name(lost)) + " = 0",
                       footprint(lost));
        break;
    case Code::new_mm: {
        (void)block_unless(w, whole(w, "SOME_MM_IS_FREE", footprint(Field::life)), Blocked::lock);
        const std::string child = destination(w, i);
        effect(w, "new_mm(" + child + ")", footprint(Field::life));
        set(w, i.a, {atom(child, locals_footprint), nullptr});
        break;
    }
    case Code::start_mm:
        effect(w,
               "start_mm(" + mm(w) + ", " + render(w.registers[i.a].now) + ", " + temporary(w) +
                   ", " + temporary(w) + ")",
               content | footprint(Scope::pte) | footprint(Field::pin_attached) |
                   footprint(Field::life));
        break;
    case Code::end_mm:
        // Others are looked at, and no step changes where those work.
        (void)block_unless(
            w, pure(w, "nobody_else_in", {m, {atom(actor_.thread), atom(actor_.thread)}}, 0),
            Blocked::lock);
        effect(w, "end_mm(" + mm(w) + ")",
               mapping | content | footprint(Scope::mm) | footprint(Scope::tlb) |
                   footprint(Scope::pin));
        break;
    case Code::userfault: raise(w, Event::userfault, va, "0", "0", std::to_string(i.imm)); break;
    case Code::wait_uffd: {
        const Value pte = pte_of(w, m, w.registers[Reg::va], false);
        return block_unless(
            w, {nullptr, pte.before ? invert(has_bits(pte.before, PteBit::uffd_wp)) : nullptr},
            Blocked::userfault);
    }
    default: no_such(i);
    }
    return true;
}

bool Steps::hardware(Walk& w, const Instruction& i) {
    const Value m = w.registers[Reg::mm];
    const Value va = w.registers[Reg::va];
    const std::string v = render(va.now);
    const std::string pin = render(w.registers[Reg::pin].now);
    if (i.code == Code::dma_read) {
        raise(w, Event::dma_read, v, "pin[" + pin + "].page", pin, "0");
        return true;
    }
    if (i.code == Code::dma_write) {
        effect(w, "dma_write(" + pin + ")", content | content_of_va | footprint(Field::page_dirty));
        return true;
    }
    const Expr cpu = atom(actor_.cpu);
    const Value entry = at({cpu, cpu}, va);
    const std::string tlb = "tlb[" + render(entry.now) + "]";
    if (i.code == Code::walk) {
        const Value pte = pte_of(w, m, va, false);
        const auto fits = [&](const Expr& x) -> Expr {
            if (!x) return nullptr;
            const Expr present = has_bits(x, PteBit::present);
            return i.imm != 0 ? binary(Op::both, present, has_bits(x, PteBit::writable)) : present;
        };
        return choose(w, i, {fits(pte.now), fits(pte.before)}, [&](Walk& done) { walk(done, i); });
    }
    const Value valid = load(w, Field::tlb_valid, entry);
    const Value writable = load(w, Field::tlb_writable, entry);
    const bool store = i.code == Code::try_store;
    const std::string stale = p_.layout.has(Field::tlb_stale) ? tlb + ".stale" : "0";
    const auto both = [&](const Expr& x, const Expr& y) {
        return !store ? x : x && y ? binary(Op::both, x, y) : nullptr;
    };
    return choose(w, i, {both(valid.now, writable.now), both(valid.before, writable.before)},
                  [&](Walk& done) {
                      commit(done, {tlb + ".page", stale, store, store && i.imm != 0});
                  });
}

// A load or store by the process, whichever MMU translated it.
void Steps::commit(Walk& w, const Access& access) {
    const std::string v = render(w.registers[Reg::va].now);
    raise(w, access.store ? Event::store : Event::load, v, access.page, "0", "0");
    if (access.store)
        effect(w,
               "store(" + mm(w) + ", " + v + ", " + access.page + ", " + access.stale +
                   (access.zeroes ? ", 1)" : ", 0)"),
               content | content_of_va);
}

void Steps::walk(Walk& w, const Instruction& i) {
    const std::string v = render(w.registers[Reg::va].now);
    const std::string entry = index_text(p_, actor_.cpu, v);
    if (!has_thp()) {
        const std::string value = own_pte(w) + ".value";
        if (i.imm != 0) effect(w, value + " = " + value + " | DIRTY", footprint(Field::pte));
        effect(w, "fill_tlb" + in_brackets(entry, value), footprint(Scope::tlb));
        return;
    }
    const std::string value = temporary(w);
    effect(w, value + " = leaf" + in_brackets(mm(w), v) + (i.imm != 0 ? " | DIRTY" : ""), 0);
    if (i.imm != 0)
        effect(w, "set_leaf(" + mm(w) + ", " + v + ", " + value + ")",
               footprint(Field::pte) | footprint(Field::pmd));
    effect(w, "fill_tlb" + in_brackets(entry, value), footprint(Scope::tlb));
}

// The secondary MMU, and who tells it that a page goes.
bool Steps::notifiers(Walk& w, const Instruction& i) {
    const Value m = w.registers[Reg::mm];
    const Value v = w.registers[Reg::va];
    const Value place = at(m, v);
    const bool all = i.imm != 0;
    switch (i.code) {
    case Code::notifier_start: {
        const std::string entry = temporary(w);
        effect(w,
               all ? "notify_all" + in_brackets(mm(w), entry)
                   : "notify(" + mm(w) + ", " + render(v.now) + ", " + entry + ")",
               footprint(Scope::page) | footprint(Field::spte) | footprint(Field::invalidating) |
                   footprint(Field::seq_watch));
        return true;
    }
    case Code::notifier_end:
        for (unsigned va = 0; va < p_.layout.pages; ++va)
            if (all || va == 0)
                effect(w,
                       "notify_end(" + mm(w) + ", " + (all ? std::to_string(va) : render(v.now)) +
                           ")",
                       footprint(Field::invalidating));
        return true;
    case Code::notifier_read:
        w.armed = true;
        effect(w,
               me(Field::seq_watch) + " = (pte[" + render(place.now) +
                   "].invalidating != 0 -> 2 : 1)",
               footprint(Field::seq_watch));
        return true;
    default: break;
    }
    const bool store = i.code == Code::secondary_store;
    const Value entry = load(w, Field::spte, place);
    const auto fits = [&](const Expr& x) -> Expr {
        if (!x) return nullptr;
        const Expr present = has_bits(x, PteBit::present);
        return store ? binary(Op::both, present, has_bits(x, PteBit::writable)) : present;
    };
    (void)block_unless(w, {fits(entry.now), fits(entry.before)}, Blocked::lock);
    const std::string page = "frame_of(" + render(entry.now) + ")";
    const std::string gone = "!(has(leaf" + in_brackets(mm(w), render(v.now)) +
                             ", PRESENT) && frame_of(leaf" + in_brackets(mm(w), render(v.now)) +
                             ") == " + page + ")";
    commit(w, {page, gone, store, false});
    return true;
}

void Steps::ghost(Walk& w, const Instruction& i) {
    const std::string va = render(w.registers[Reg::va].now);
    const std::string pin = render(w.registers[Reg::pin].now);
    const auto each_page = [&](const auto& act) {  // that a contract is about
        for (unsigned v = 0; v < (i.c != 0 ? p_.layout.pages : 1U); ++v)
            act(i.c != 0 ? std::to_string(v) : va);
    };
    switch (i.code) {
    case Code::unpin_event: return raise(w, Event::unpin, va, "pin[" + pin + "].page", pin, "0");
    case Code::drop_pin:
        return effect(w, "forget_pin(" + pin + ")",
                      footprint(Scope::pin) | footprint(Field::entitled));
    case Code::attach:
        if (!w.attached)
            effect(w, "attach(" + pin + ")",
                   footprint(Field::pin_attached) | footprint(Field::pin_crossed));
        w.attached = true;
        return;
    case Code::note_shared: {
        w.noted = render(w.registers[i.a].now);
        effect(w, "note_shared(" + actor_.thread + ", " + mm(w) + ", " + w.noted + ")",
               footprint(Field::fault_shared));
        w.notes.push_back(w.path.effects.size() - 1);
        return;
    }
    case Code::soft_dirty_armed:
        return effect(w, "arm_soft_dirty(" + mm(w) + ", " + std::to_string(i.imm) + ")",
                      footprint(Field::soft_dirty_armed) | footprint(Field::soft_dirty_owed));
    case Code::give_up:
        return each_page([&](const std::string& at) {
            const std::string_view what = i.imm == GiveUp::starts    ? "give_up("
                                          : i.imm == GiveUp::returns ? "keep("
                                                                     : "give_up_for_good(";
            effect(w, std::string(what) + mm(w) + ", " + at + ")",
                   content_of_va | footprint(Field::giving_up) | footprint(Field::expected));
        });
    case Code::bar_stores:
        return each_page([&](const std::string& at) {
            const std::string_view what = i.imm == BarStores::starts     ? "bar_stores("
                                          : i.imm == BarStores::returned ? "stores_are_barred("
                                                                         : "let_store(";
            const std::string_view change = i.imm == BarStores::permits     ? ", 1)"
                                            : i.imm == BarStores::permitted ? ", -1)"
                                                                            : ")";
            effect(w, std::string(what) + mm(w) + ", " + at + std::string(change),
                   footprint(Field::store_barred));
        });
    case Code::wp_resolved:
    case Code::wp_returned:
        return each_page([&](const std::string& at) {
            const std::string armed = "pte[" + index_text(p_, mm(w), at) + "].wp_armed";
            effect(w,
                   i.code == Code::wp_resolved ? armed + " = 0"
                                               : "if :: " + armed + " == " + std::to_string(i.imm) +
                                                     " -> " + armed + " = 2 :: else fi",
                   footprint(Field::wp_armed));
        });
    default: no_such(i);
    }
}

}  // namespace cowcheck::promela
