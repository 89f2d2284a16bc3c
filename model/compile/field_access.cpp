#include "model/compile/field_access.h"

#include "model/compile/flow.h"

#include <algorithm>

namespace cowcheck {

namespace {

// The instructions that may run after a child was started in the same operation.
std::vector<bool> code_after_start(const Program& program) {
    std::vector<bool> after(program.code.size());
    for (std::size_t start = 0; start < program.code.size(); ++start)
        if (program.code[start].code == Code::start_mm)
            each_reachable(program.code, start + 1, false,
                           [&](std::size_t at) { after[at] = true; });
    return after;
}

}  // namespace

FieldAccess::FieldAccess(const Program& program)
    : p_(program), after_start_(code_after_start(program)) {
    for (std::size_t r = 1; r < p_.rests.size(); ++r)
        each_of_step(p_, p_.rests[r], [&](std::size_t at) {
            note(at, locks_at(p_.rests[r]), actor_of(p_.rests[r]));
            note_value(at);
        });
    for (const CheckCode& check : p_.on_event)
        each_reachable(p_.code, check.entry, false, [&](std::size_t at) {
            if (p_.code[at].code == Code::load) access_[p_.code[at].c].asked = true;
        });
    for (std::size_t at = 0; at < p_.code.size(); ++at)
        if (p_.code[at].code == Code::put_bit &&
            (((p_.code[at].imm & PteBit::writable) != 0 && !sets_dirty_too(at)) ||
             ((p_.code[at].imm & PteBit::dirty) != 0 && !takes_writable_too(at))))
            clean_writable_ = true;
}

// Who rests here: one kind of actor, whatever operations were merged.
Actor FieldAccess::actor_of(const Rest& rest) const {
    return info(p_.operations[rest.operation].item.kind).actor;
}

// Whether it changes a process that does not run yet.
bool FieldAccess::is_of_new_process(std::size_t at) const {
    const Code code = p_.code[at].code;
    return (code == Code::share_pte || code == Code::start_mm) && !after_start_[at];
}

// The locks that are held, or might as well be.
std::uint8_t FieldAccess::locks_at(const Rest& rest) const {
    const auto alone = [&](std::uint16_t operation) {
        return info(p_.operations[operation].item.kind).needs == Needs::nobody_else;
    };
    unsigned locks = rest.held;
    // exit has the process for itself.
    if (alone(rest.operation) && std::all_of(rest.others.begin(), rest.others.end(), alone))
        locks |= Held::mmap_write;
    // Whoever holds mmap_lock for writing holds it for reading, too.
    return static_cast<std::uint8_t>((locks & Held::mmap_write) != 0 ? locks | Held::mmap_read
                                                                     : locks);
}

// Whether no other thread can change the field while this one rests here: they
// would need mmap_lock in a way that excludes how it is held here.
bool FieldAccess::others_excluded(Field field, const Rest& rest) const {
    if ((rest.held & (Held::mmap_read | Held::mmap_write)) == 0) return false;
    const std::uint8_t needed =
        (rest.held & Held::mmap_write) != 0 ? Held::mmap_read : Held::mmap_write;
    const Access& a = of(field);
    for (std::size_t actor = 0; actor < a.writes_by.size(); ++actor)
        if (is_of_others(actor, rest) && (a.writes_by[actor] & needed) == 0) return false;
    return true;
}

// Whether the text of another thread reads the field at all.
bool FieldAccess::others_read(Field field, const Rest& rest) const {
    const Access& a = of(field);
    for (std::size_t actor = 0; actor < a.read_by.size(); ++actor)
        if (is_of_others(actor, rest) && a.read_by[actor]) return true;
    return false;
}

// Whether what such an actor does may be done by another thread than the one that rests here.
bool FieldAccess::is_of_others(std::size_t actor, const Rest& rest) const {
    const Actor own = actor_of(rest);
    return actor != static_cast<std::size_t>(own) ||
           std::count_if(p_.world.threads.begin(), p_.world.threads.end(),
                         [&](const Thread& thread) { return thread.actor == own; }) > 1;
}

void FieldAccess::note(std::size_t at, std::uint8_t locks, Actor actor) {
    const Instruction& i = p_.code[at];
    const Effects effects = effects_of(i);
    trylock_ = trylock_ || (effects.tries & Held::page) != 0;
    seq_read_ = seq_read_ || has(effects.reads, Field::write_protect_seq);
    each_field(effects.reads, [&](Access& a) {
        a.reads &= locks;
        a.read_by[static_cast<std::size_t>(actor)] = true;
        a.read = true;
    });
    // A store's walk changes a page table without a lock, but only if clean_writable().
    if (i.code == Code::walk) return;
    constexpr unsigned of_mm = Held::mmap_read | Held::mmap_write | Held::ptl;
    // Nobody else is at work on what a process that is not there yet has, or one that is gone.
    const bool alone = i.code == Code::end_mm || is_of_new_process(at);
    // Nor does the parent hold the locks of one that runs.
    const bool foreign = !alone && i.code == Code::share_pte;
    const unsigned held = alone ? locks | of_mm : foreign ? locks & ~of_mm : locks;
    // A page that is freed is nobody's: whoever can get at it all the same has a design that
    // counts wrong.
    each_field(effects.writes & ~effects.clears, [&](Access& a) {
        a.writes &= static_cast<std::uint8_t>(held);
        a.writes_by[static_cast<std::size_t>(actor)] &= static_cast<std::uint8_t>(held);
    });
}

// Whether all stores to the field, of which this may be one, store one constant.
void FieldAccess::note_value(std::size_t at) {
    const Instruction& i = p_.code[at];
    if (i.code != Code::store && i.code != Code::add_field && i.code != Code::sub_field) return;
    Access& a = access_[i.c];
    const Instruction* before = at > 0 ? &p_.code[at - 1] : nullptr;
    std::optional<std::uint16_t> value;
    if (i.code == Code::store && before && before->code == Code::imm && before->a == i.a)
        value = before->imm;
    a.only_value = !a.written || a.only_value == value ? value : std::nullopt;
    a.written = true;
}

// `writable` in a record, or `writable = x`: does the same record set `dirty`?
// `writable = false` needs no such thing.
bool FieldAccess::sets_dirty_too(std::size_t at) const {
    return constant_before(at) == 0 || puts_beside(at, PteBit::dirty, 1);
}

// What loses its dirty bit, as by MADV_FREE, is no clean writable PTE only if it loses this, too.
bool FieldAccess::takes_writable_too(std::size_t at) const {
    return constant_before(at) == 1 || puts_beside(at, PteBit::writable, 0);
}

// Whether the same record gives the bit of that PTE value this constant.
bool FieldAccess::puts_beside(std::size_t at, std::uint16_t bit, int constant) const {
    const auto puts = [&](std::size_t i) {
        return p_.code[i].code == Code::put_bit && p_.code[i].a == p_.code[at].a &&
               (p_.code[i].imm & bit) != 0 && constant_before(i) == constant;
    };
    const std::uint8_t pte = p_.code[at].a;
    const auto is_another = [&](std::size_t i) {
        return p_.code[i].code == Code::rest ||
               (p_.code[i].code != Code::put_bit && p_.code[i].code != Code::put_frame &&
                writes_register(p_.code[i], pte));
    };
    for (std::size_t i = at; i < p_.code.size() && !is_another(i); ++i)
        if (puts(i)) return true;
    for (std::size_t i = at; i-- > 0 && !is_another(i);)
        if (puts(i)) return true;
    return false;
}

// The constant that the register c of a put_bit was just loaded with, or -1.
int FieldAccess::constant_before(std::size_t at) const {
    if (at > 0 && p_.code[at - 1].code == Code::imm && p_.code[at - 1].a == p_.code[at].c)
        return p_.code[at - 1].imm;
    return -1;
}

bool page_tables_are_locked(const Program& program) {
    const std::vector<bool> after_start = code_after_start(program);
    bool locked = true;
    for (std::size_t r = 1; r < program.rests.size(); ++r)
        each_of_step(program, program.rests[r], [&](std::size_t at) {
            const Code code = program.code[at].code;
            if ((effects_of(program.code[at]).writes & fields(Field::pte, Field::pmd)) == 0 ||
                code == Code::walk || code == Code::end_mm)
                return;
            locked = locked && (code == Code::share_pte ? !after_start[at]
                                                        : (program.rests[r].held & Held::ptl) != 0);
        });
    return locked;
}

}  // namespace cowcheck
