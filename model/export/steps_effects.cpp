// The steps of the kernel and of the hardware, as statements: most are calls of
// the macros in prelude.cpp.
#include "model/export/steps.h"

#include <stdexcept>

namespace cowcheck::promela {

namespace {

[[noreturn]] void no_such(const Instruction& i) {
    throw std::logic_error("instruction " + std::to_string(static_cast<unsigned>(i.code)) +
                           " is not translated");
}

constexpr Footprint content =
    footprint(Field::expected) | footprint(Field::entitled) | footprint(Field::zeroed);

std::string in_brackets(const std::string& a, const std::string& b) {
    return "(" + a + ", " + b + ")";
}

}  // namespace

bool Steps::pages(Walk& w, const Instruction& i) {
    const auto add = [&](const Expr& page, unsigned amount) {
        const std::string count = render(field(Field::refcount, page));
        effect(w,
               amount == 1 ? count + "++" : count + " = " + count + " + " + std::to_string(amount),
               footprint(Field::refcount));
    };
    switch (i.code) {
    case Code::get: add(w.registers[i.a].now, i.imm); return true;
    case Code::try_get: {
        const Value page = w.registers[i.b];
        const Value count = load(w, Field::refcount, page);
        (void)choose(w, i,
                     {nullptr, count.before ? binary(Op::ne, count.before, number(0)) : nullptr});
        add(page.now, i.imm);
        return true;
    }
    case Code::put:
        effect(w, "put_page" + in_brackets(render(w.registers[i.a].now), std::to_string(i.imm)),
               footprint(Scope::page));
        return true;
    case Code::alloc:
    case Code::copy: allocation(w, i); return true;
    case Code::set_pte: set_pte(w, i); return true;
    case Code::share_pte:
        effect(w,
               "share_pte(" + mm() + ", " + render(w.registers[i.c].now) + ", " +
                   render(w.registers[Reg::va].now) + ", " + render(w.registers[i.a].now) + ")",
               footprint(Field::pte) | footprint(Field::mapped) | footprint(Field::pin_crossed));
        return true;
    default: no_such(i);
    }
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
    const std::string from = render(w.registers[i.b].now);
    const std::string to = destination(w, i);
    effect(w, "allocate(" + to + ")", footprint(Field::kind) | footprint(Field::refcount));
    if (i.code == Code::alloc) {
        effect(w, "page[" + to + "].zeroed = 1", content);
    } else {
        if (i.imm != 0) {
            w.uses_note = true;
            raise(w, Event::cow_copy, render(w.registers[Reg::va].now), from, "0",
                  me(Field::fault_shared));
        }
        effect(w, "copy_page" + in_brackets(from, to), content);
    }
    set(w, i.a, {atom(to, locals_footprint), nullptr});
}

void Steps::set_pte(Walk& w, const Instruction& i) {
    const std::string pte = "pte[" + render(w.registers[i.b].now) + "]";
    const std::string value = render(w.registers[i.a].now);
    if (i.imm != 0)  // only the monitor's own ioctl arms the promise
        effect(w,
               "if :: !has(" + pte + ".value, UFFD_WP) && has(" + value + ", UFFD_WP) && " + pte +
                   ".wp_armed == 0 -> " + pte + ".wp_armed = 1 :: else fi",
               footprint(Field::wp_armed));
    effect(w, pte + ".value = " + value, footprint(Field::pte));
}

bool Steps::kernel(Walk& w, const Instruction& i) {
    const Value m{actor_.mm, actor_.mm};
    const std::string va = render(w.registers[Reg::va].now);
    const Footprint mapping =
        footprint(Scope::pte) | footprint(Field::expected) | footprint(Field::pin_attached);
    switch (i.code) {
    case Code::seq_begin:
    case Code::seq_end:
        effect(w, "bump_seq(" + mm() + ")",
               footprint(Field::write_protect_seq) | footprint(Field::seq_watch));
        break;
    case Code::seq_read:
        w.armed = true;
        effect(w, me(Field::seq_watch) + " = (mm[" + mm() + "].write_protect_seq -> 3 : 1)",
               footprint(Field::seq_watch));
        break;
    case Code::zap_pte:
        effect(w, "zap_pte(" + actor_.thread + ", " + mm() + ", " + va + ")",
               mapping | footprint(Field::zapping));
        break;
    case Code::flush:
        if (p_.world.flush_waits) {
            const Value off =
                whole(w, "irqs_off_in" + in_brackets(mm(), actor_.thread), footprint(Field::pc));
            (void)block_unless(w, {nullptr, off.before ? invert(off.before) : nullptr},
                               Blocked::interrupts);
        }
        effect(w,
               (i.imm != 0 ? "flush_all(" : "flush_page(") + actor_.thread + ", " + mm() +
                   (i.imm != 0 ? ")" : ", " + va + ")"),
               footprint(Scope::tlb) | footprint(Field::zapping));
        break;
    case Code::detach_vma:
        effect(w, own_pte(w) + ".mapped = " + std::to_string(p_.world.fresh_mapping ? 1 : 0),
               footprint(Field::mapped));
        break;
    case Code::new_mm: {
        (void)block_unless(w, whole(w, "SOME_MM_IS_FREE", footprint(Field::life)), Blocked::lock);
        const std::string child = destination(w, i);
        effect(w, "new_mm(" + child + ")", footprint(Field::life));
        set(w, i.a, {atom(child, locals_footprint), nullptr});
        break;
    }
    case Code::start_mm:
        effect(w, "start_mm" + in_brackets(mm(), render(w.registers[i.a].now)),
               content | footprint(Field::expects_zero) | footprint(Field::mapped) |
                   footprint(Field::life));
        break;
    case Code::end_mm:
        effect(w, "end_mm(" + mm() + ")",
               mapping | content | footprint(Scope::mm) | footprint(Scope::tlb) |
                   footprint(Scope::pin));
        break;
    case Code::userfault: raise(w, Event::userfault, va, "0", "0", std::to_string(i.imm)); break;
    case Code::wait_uffd: {
        const Value pte = load(w, Field::pte, at(m, w.registers[Reg::va]));
        return block_unless(
            w, {nullptr, pte.before ? invert(has_bits(pte.before, PteBit::uffd_wp)) : nullptr},
            Blocked::userfault);
    }
    default: no_such(i);
    }
    return true;
}

bool Steps::hardware(Walk& w, const Instruction& i) {
    const Value m{actor_.mm, actor_.mm};
    const Value va = w.registers[Reg::va];
    const std::string v = render(va.now);
    const std::string pin = render(w.registers[Reg::pin].now);
    if (i.code == Code::dma_read) {
        raise(w, Event::dma_read, v, "pin[" + pin + "].page", pin, "0");
        return true;
    }
    if (i.code == Code::dma_write) {
        effect(w, "dma_write(" + pin + ")", content | footprint(Field::expects_zero));
        return true;
    }
    const Expr cpu = atom(actor_.cpu);
    const Value entry = at({cpu, cpu}, va);
    const std::string tlb = "tlb[" + render(entry.now) + "]";
    const auto both = [&](const Value& a, const Value& b) {
        return Value{nullptr,
                     a.before && b.before ? binary(Op::both, a.before, b.before) : nullptr};
    };
    if (i.code == Code::walk) {
        const Value pte = load(w, Field::pte, at(m, va));
        const auto has = [&](unsigned bits) {
            return Value{nullptr, pte.before ? has_bits(pte.before, bits) : nullptr};
        };
        (void)choose(w, i,
                     i.imm != 0 ? both(has(PteBit::present), has(PteBit::writable))
                                : has(PteBit::present));
        const std::string value = own_pte(w) + ".value";
        if (i.imm != 0) effect(w, value + " = " + value + " | DIRTY", footprint(Field::pte));
        effect(w, "fill_tlb" + in_brackets(render(entry.now), value), footprint(Scope::tlb));
        return true;
    }
    const Value valid = load(w, Field::tlb_valid, entry);
    const bool store = i.code == Code::try_store;
    (void)choose(w, i,
                 store ? both(valid, load(w, Field::tlb_writable, entry))
                       : Value{nullptr, valid.before});
    raise(w, store ? Event::store : Event::load, v, tlb + ".page", "0", "0");
    if (store)
        effect(w, "store(" + mm() + ", " + v + ", " + tlb + ".page)",
               content | footprint(Field::expects_zero));
    return true;
}

void Steps::ghost(Walk& w, const Instruction& i) {
    const std::string va = render(w.registers[Reg::va].now);
    const std::string pin = render(w.registers[Reg::pin].now);
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
        effect(w, "note_shared(" + actor_.thread + ", " + mm() + ", " + w.noted + ")",
               footprint(Field::fault_shared));
        w.notes.push_back(w.path.effects.size() - 1);
        return;
    }
    case Code::soft_dirty_armed:
        return effect(w, "mm[" + mm() + "].soft_dirty_armed = " + std::to_string(i.imm),
                      footprint(Field::soft_dirty_armed));
    case Code::wp_resolved:
        return effect(w, own_pte(w) + ".wp_armed = 0", footprint(Field::wp_armed));
    case Code::wp_returned:
        return effect(w,
                      "if :: " + own_pte(w) + ".wp_armed != 0 -> " + own_pte(w) +
                          ".wp_armed = 2 :: else fi",
                      footprint(Field::wp_armed));
    default: no_such(i);
    }
}

}  // namespace cowcheck::promela
