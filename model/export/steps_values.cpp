// What instructions compute, and what they do: as expressions and statements.
#include "model/export/steps.h"

#include <stdexcept>

namespace cowcheck::promela {

namespace {

// The most that an expression can be.
unsigned bound(const Expr& expr) {
    constexpr unsigned all = 0xffff;
    switch (expr->kind) {
    case Node::Kind::number: return expr->number;
    case Node::Kind::field: return info(expr->field).mask();
    case Node::Kind::has_bits:
    case Node::Kind::invert: return 1;
    case Node::Kind::text: return all;
    case Node::Kind::binary: break;
    }
    if (expr->op == Op::sub) return all;
    if (expr->op != Op::add) return 1;
    return bound(expr->operands[0]) + bound(expr->operands[1]);
}

// A sum as a register of 16 bits holds it.
Expr narrow(const Expr& sum) {
    if (sum->op == Op::add && bound(sum) <= 0xffff) return sum;
    return atom("(" + render(sum, true) + " & 65535)", sum->reads);
}

std::string call(const std::string& name, std::initializer_list<std::string> arguments) {
    std::string text = name + "(";
    bool first = true;
    for (const auto& argument : arguments) {
        text += (first ? "" : ", ") + argument;
        first = false;
    }
    return text + ")";
}

Expr with_bits(const Expr& pte, unsigned bits, const Expr& condition) {
    const auto on = constant(condition);
    const std::string text = render(pte, true);
    if (on && *on != 0)
        return loose(constant(pte) == 0U
                         ? pte_bits(bits)
                         : (pte->loose ? render(pte) : text) + " | " + pte_bits(bits),
                     pte->reads);
    const std::string off = text + " & ~(" + pte_bits(bits) + ")";
    if (on)
        return constant(pte) ? number(*constant(pte) & ~bits) : atom("(" + off + ")", pte->reads);
    return atom("(" + render(condition) + " -> (" + text + " | " + pte_bits(bits) + ") : (" + off +
                    "))",
                pte->reads | condition->reads);
}

Expr with_frame(const Expr& pte, const Expr& frame) {
    const std::string text = constant(pte) == 0U ? call("maps", {render(frame)})
                                                 : call("with_frame", {render(pte), render(frame)});
    return atom(text, pte->reads | frame->reads);
}

}  // namespace

void no_such(const Instruction& i) {
    throw std::logic_error("instruction " + std::to_string(static_cast<unsigned>(i.code)) +
                           " is not translated");
}

std::string in_brackets(const std::string& a, const std::string& b) {
    return "(" + a + ", " + b + ")";
}

namespace {

// "x++", "x = x + 3".
std::string change(const std::string& what, char sign, const std::string& amount) {
    if (amount == "1") return what + sign + sign;
    return what + " = " + what + " " + sign + " " + amount;
}

}  // namespace

std::string count_up(const std::string& count, const std::string& amount, unsigned largest,
                     const std::string& whose) {
    const std::string most = std::to_string(largest);
    return "if :: " + count + " + " + amount + " <= " + most + " -> " + change(count, '+', amount) +
           " :: else -> " + count + " = " + most + "; overflow" + whose + " fi";
}

std::string count_down(const std::string& count, const std::string& amount,
                       const std::string& whose) {
    return "if :: " + count + " >= " + amount + " -> " + change(count, '-', amount) +
           " :: else -> underflow" + whose + " fi";
}

std::string whose_count(Field field, const std::string& owner) {
    return info(field).scope == Scope::page ? "(0, 0, " + owner + ")" : "(" + owner + ", 0, 0)";
}

std::string index_text(const Program& program, const std::string& owner, const std::string& va) {
    return program.layout.pages == 1 ? owner : "AT(" + owner + ", " + va + ")";
}

std::string Steps::me(Field field) const {
    return "thread[" + actor_.thread + "]." + std::string(member_name(field));
}

std::string Steps::member(const LocalVariable& local) const {
    return "thread[" + actor_.thread + "]." + local.name;
}

std::string Steps::own_pte(const Walk& w) const {
    return "pte[" + index_text(p_, mm(w), render(w.registers[Reg::va].now)) + "]";
}

Steps::Value Steps::load(const Walk& w, Field wanted, const Value& index) const {
    if (!p_.layout.has(wanted)) return {number(0), number(0)};
    const bool same = (w.written & footprint(wanted)) == 0 && index.before;
    return {field(wanted, index.now), same ? field(wanted, index.before) : nullptr};
}

// The same text now and before, if nothing that it looks at has changed.
Steps::Value Steps::whole(const Walk& w, const std::string& text, Footprint reads) const {
    const Expr expr = atom(text, reads);
    return {expr, (w.written & reads) == 0 ? expr : nullptr};
}

// A macro that only looks, of these arguments.
Steps::Value Steps::pure(const Walk& w, const std::string& name,
                         std::initializer_list<Value> arguments, Footprint reads) const {
    std::string now;
    std::string before;
    bool same = (w.written & reads) == 0;
    Footprint all = reads;
    for (const Value& argument : arguments) {
        now += (now.empty() ? "" : ", ") + render(argument.now);
        all |= argument.now->reads;
        same = same && argument.before;
        if (!same) continue;
        before += (before.empty() ? "" : ", ") + render(argument.before);
        all |= argument.before->reads;
    }
    const auto of = [&](const std::string& list) {
        return atom(arguments.size() == 0 ? name : name + "(" + list + ")", all);
    };
    return {of(now), same ? of(before) : nullptr};
}

// What maps the process's page.
Steps::Value Steps::pte_of(const Walk& w, const Value& owner, const Value& va,
                           bool detached) const {
    if (!has_thp()) return load(w, Field::pte, at(owner, va));
    return pure(w, detached ? "leaf_or_detached" : "leaf", {owner, va},
                footprint(Field::pte) | footprint(Field::pmd) | footprint(Field::compound) |
                    footprint(Field::other_half));
}

std::string Steps::temporary(Walk& w) { return "tmp" + std::to_string(++w.path.temporaries); }

std::string Steps::stable(Walk& w, const Expr& expr, Footprint writes) {
    if ((expr->reads & writes) == 0) return render(expr);
    const std::string name = temporary(w);
    w.path.effects.push_back(name + " = " + render(expr));
    return name;
}

Steps::Value Steps::at(const Value& owner, const Value& va) const {
    const auto index = [&](const Expr& o, const Expr& v) -> Expr {
        if (!o || !v) return nullptr;
        if (p_.layout.pages == 1) return o;
        return atom(index_text(p_, render(o), render(v)), o->reads | v->reads);
    };
    return {index(owner.now, va.now), index(owner.before, va.before)};
}

void Steps::value(Walk& w, const Instruction& i) {
    const Value a = w.registers[i.a];
    const Value b = w.registers[i.b];
    const Value c = w.registers[i.c];
    const auto each = [&](auto&& make) {
        set(w, i.a,
            {make(a.now, b.now, c.now),
             b.before && c.before && a.before ? make(a.before, b.before, c.before) : nullptr});
    };
    const auto unary = [&](auto&& make) {
        set(w, i.a, {make(b.now), b.before ? make(b.before) : nullptr});
    };
    const auto kind_is = [&](PageKind kind) {
        const Value loaded = load(w, Field::kind, b);
        const Expr wanted = number(static_cast<unsigned>(kind));
        return Value{binary(Op::eq, loaded.now, wanted),
                     loaded.before ? binary(Op::eq, loaded.before, wanted) : nullptr};
    };
    switch (i.code) {
    case Code::imm: return set(w, i.a, {number(i.imm), number(i.imm)});
    case Code::move: return set(w, i.a, b);
    case Code::pte_index:
    case Code::tlb_index: return set(w, i.a, at(b, c));
    case Code::bit: return unary([&](const Expr& x) { return has_bits(x, i.imm); });
    case Code::frame:
        return unary([](const Expr& x) { return atom("frame_of(" + render(x) + ")", x->reads); });
    case Code::put_bit:
        return each(
            [&](const Expr& x, const Expr&, const Expr& z) { return with_bits(x, i.imm, z); });
    case Code::put_frame:
        return each([](const Expr& x, const Expr&, const Expr& z) { return with_frame(x, z); });
    case Code::is_anon: return set(w, i.a, kind_is(PageKind::anonymous));
    case Code::is_migration: {
        const auto is = [](const Expr& x) -> Expr {
            if (!x) return nullptr;
            return binary(Op::both, has_bits(x, PteBit::migration),
                          invert(has_bits(x, PteBit::present)));
        };
        return set(w, i.a, {is(b.now), is(b.before)});
    }
    case Code::is_free: return set(w, i.a, kind_is(PageKind::free));
    case Code::is_counted: {
        const Value anon = kind_is(PageKind::anonymous);
        const Value cache = kind_is(PageKind::page_cache);
        return set(w, i.a,
                   {binary(Op::either, anon.now, cache.now),
                    anon.before ? binary(Op::either, anon.before, cache.before) : nullptr});
    }
    default: return logic(w, i);
    }
}

void Steps::logic(Walk& w, const Instruction& i) {
    const Value b = w.registers[i.b];
    const Value c = w.registers[i.c];
    const auto both = [&](Op op) {
        set(w, i.a,
            {binary(op, b.now, c.now),
             b.before && c.before ? binary(op, b.before, c.before) : nullptr});
    };
    const auto watch = [&](Op op, unsigned wanted) {
        const Value loaded = load(w, Field::seq_watch, {atom(actor_.thread), atom(actor_.thread)});
        set(w, i.a,
            {binary(op, loaded.now, number(wanted)),
             loaded.before ? binary(op, loaded.before, number(wanted)) : nullptr});
    };
    switch (i.code) {
    case Code::invert: return set(w, i.a, {invert(b.now), b.before ? invert(b.before) : nullptr});
    case Code::add:
    case Code::sub: {  // of 16 bits, as registers are
        const Op op = i.code == Code::add ? Op::add : Op::sub;
        return set(w, i.a,
                   {narrow(binary(op, b.now, c.now)),
                    b.before && c.before ? narrow(binary(op, b.before, c.before)) : nullptr});
    }
    case Code::eq: return both(Op::eq);
    case Code::ne: return both(Op::ne);
    case Code::lt: return both(Op::lt);
    case Code::le: return both(Op::le);
    case Code::both: return both(Op::both);
    case Code::either: return both(Op::either);
    case Code::seq_odd: return watch(Op::eq, 3);
    case Code::notifier_changed:
    case Code::seq_changed: return watch(Op::ne, 1);
    default: no_such(i);
    }
}

void Steps::ghost_value(Walk& w, const Instruction& i) {
    const Value b = w.registers[i.b];
    const Value c = w.registers[i.c];
    const auto is = [&](const std::string& name, std::initializer_list<Value> of) {
        set(w, i.a, pure(w, name, of, everything));
    };
    switch (i.code) {
    case Code::entitled_mm: return is("mm_entitled", {b, c});
    case Code::entitled_pin: return is("pin_entitled", {b, c});
    case Code::holds_expected: return is("holds_expected", {b, w.registers[Reg::va], c});
    case Code::zapping: return is("zapping_at", {b, c});
    case Code::wp_promised: return is("wp_promised", {b, c});
    case Code::stores_barred: return is("stores_barred", {b, c});
    case Code::translated: return is(i.imm == 0 ? "translated" : "has_stale_tlb", {b, c});
    case Code::quiet: return is("QUIET", {});
    case Code::quiet_mm: return is("quiet_in", {b});
    case Code::references: return is(i.imm == 0 ? "references" : "references_but_pins", {b});
    case Code::mappings: return is("mappings", {b});
    case Code::pmd_mappings: return is("pmd_mappings", {b});
    case Code::reachable: return is("reachable_by_others", {b, c});
    case Code::mapped_outside: return set(w, i.a, {number(0), number(0)});
    default: no_such(i);
    }
}

void Steps::access(Walk& w, const Instruction& i) {
    const auto wanted = static_cast<Field>(i.c);
    const bool local = i.code == Code::load_local || i.code == Code::store_local;
    if (!local) {
        const Value owner = w.registers[i.b];
        if (i.code == Code::load) return set(w, i.a, load(w, wanted, owner));
        if (!p_.layout.has(wanted)) return;
        const std::string place = render(field(wanted, owner.now));
        const std::string amount = render(w.registers[i.a].now, true);
        if (i.code == Code::store)
            return effect(w, place + " = " + render(w.registers[i.a].now), footprint(wanted));
        const std::string whose = whose_count(wanted, render(owner.now));
        if (i.code == Code::sub_field)
            return effect(w, count_down(place, amount, whose), footprint(wanted));
        if (wanted == Field::refcount) effect(w, "take(" + render(owner.now) + ")", 0);
        return effect(w, count_up(place, amount, p_.layout.largest(wanted), whose),
                      footprint(wanted));
    }
    const bool is_va = i.b == first_local_word && i.c == info(Field::op_va).shift;
    const LocalVariable* variable = locals_.at(w.at);
    if (i.code == Code::store_local) {
        if (!is_va) {
            if (variable != nullptr) w.locals[variable] = w.registers[i.a];
            return;
        }
        const std::string va = me(Field::op_va);
        effect(w, va + " = " + render(w.registers[i.a].now), footprint(Field::op_va));
        return set(w, i.a, {atom(va, footprint(Field::op_va)), nullptr});
    }
    if (is_va) return set(w, i.a, w.registers[Reg::va]);
    if (variable == nullptr) return set(w, i.a, {number(0), number(0)});
    if (const auto stored = w.locals.find(variable); stored != w.locals.end())
        return set(w, i.a, stored->second);
    const Expr kept = atom(member(*variable), locals_footprint);
    set(w, i.a, {kept, kept});
}

void Steps::raise(Walk& w, Event event, const std::string& va, const std::string& page,
                  const std::string& pin, const std::string& writes) {
    if (p_.on_event[static_cast<std::size_t>(event)].entry == 0xffff) return;
    const std::string name(event_table[static_cast<std::size_t>(event)].name);
    effect(w, call("at_" + name, {mm(w), va, page, pin, writes}), 0);
}

bool Steps::lock(Walk& w, const Instruction& i) {
    const Value owner = w.registers[Reg::mm];
    const Expr m = owner.now;
    const auto unless = [&](std::initializer_list<Field> fields, const Value& of) {
        Value free{number(1), number(1)};
        for (const Field f : fields) {
            const Value loaded = load(w, f, of);
            free.before = free.before && loaded.before
                              ? binary(Op::both, free.before, invert(loaded.before))
                              : nullptr;
        }
        return block_unless(w, free, Blocked::lock);
    };
    const auto up = [&](Walk& whose, Field f) {
        const std::string of = render(m);
        effect(whose, count_up(render(field(f, m)), "1", p_.layout.largest(f), whose_count(f, of)),
               footprint(f));
        return true;
    };
    const auto down = [&](Field f) {
        effect(w, count_down(render(field(f, m)), "1", whose_count(f, render(m))), footprint(f));
        return true;
    };
    const auto to = [&](Walk& whose, Field f, const Expr& of, const std::string& what) {
        effect(whose, render(field(f, of)) + what, footprint(f));
        return true;
    };
    switch (i.code) {
    case Code::lock_mmap_read:
        return unless({Field::mmap_writer}, owner) && up(w, Field::mmap_readers);
    case Code::lock_mmap_write:
        return unless({Field::mmap_writer, Field::mmap_readers}, owner) &&
               to(w, Field::mmap_writer, m, " = 1");
    case Code::unlock_mmap_read: return down(Field::mmap_readers);
    case Code::unlock_mmap_write: return to(w, Field::mmap_writer, m, " = 0");
    case Code::lock_ptl: return unless({Field::ptl}, owner) && to(w, Field::ptl, m, " = 1");
    case Code::unlock_ptl: return to(w, Field::ptl, m, " = 0");
    case Code::lock_page: {
        const Value page = w.registers[i.a];
        return unless({Field::locked}, page) && to(w, Field::locked, page.now, " = 1");
    }
    case Code::unlock_page: return to(w, Field::locked, w.registers[i.a].now, " = 0");
    case Code::trylock_page: {
        const Value page = w.registers[i.b];
        const Value locked = load(w, Field::locked, page);
        return choose(w, i, {invert(locked.now), locked.before ? invert(locked.before) : nullptr},
                      [&](Walk& got) { to(got, Field::locked, page.now, " = 1"); });
    }
    case Code::trylock_vma: {
        const Value writer = load(w, Field::vma_writer, owner);
        return choose(w, i, {invert(writer.now), writer.before ? invert(writer.before) : nullptr},
                      [&](Walk& got) { up(got, Field::vma_readers); });
    }
    case Code::lock_vma_write:
        return unless({Field::vma_writer, Field::vma_readers}, owner) &&
               to(w, Field::vma_writer, m, " = 1");
    case Code::unlock_vma_read: return down(Field::vma_readers);
    case Code::unlock_vma_write: return to(w, Field::vma_writer, m, " = 0");
    case Code::wait_page: return unless({Field::locked}, w.registers[i.a]);
    case Code::irqs_off:
    case Code::irqs_on: return true;  // known from pc
    default: return notifiers(w, i);
    }
}

}  // namespace cowcheck::promela
