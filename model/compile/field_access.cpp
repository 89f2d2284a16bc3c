#include "model/compile/field_access.h"

#include "model/compile/flow.h"

#include <algorithm>

namespace cowcheck {

FieldAccess::FieldAccess(const Program& program) : p_(program) {
    for (std::size_t r = 1; r < p_.rests.size(); ++r)
        each_of_step(p_, p_.rests[r], [&](std::size_t at) {
            note(p_.code[at], locks_at(p_.rests[r]), actor_of(p_.rests[r]));
            note_value(at);
        });
    for (const CheckCode& check : p_.on_event)
        each_reachable(p_.code, check.entry, false, [&](std::size_t at) {
            if (p_.code[at].code == Code::load) access_[p_.code[at].c].asked = true;
        });
    for (std::size_t at = 0; at < p_.code.size(); ++at)
        if (p_.code[at].code == Code::put_bit && (p_.code[at].imm & PteBit::writable) != 0 &&
            !sets_dirty_too(at))
            clean_writable_ = true;
}

// Who rests here: one kind of actor, whatever operations were merged.
Actor FieldAccess::actor_of(const Rest& rest) const {
    return info(p_.operations[rest.operation].item.kind).actor;
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

void FieldAccess::note(const Instruction& i, std::uint8_t locks, Actor actor) {
    trylock_ = trylock_ || i.code == Code::trylock_page;
    seq_read_ = seq_read_ || i.code == Code::seq_read;
    const auto reads = [&](Field field) {
        Access& a = access_[static_cast<std::size_t>(field)];
        a.reads &= locks;
        a.read_by[static_cast<std::size_t>(actor)] = true;
        a.read = true;
    };
    const auto writes = [&](Field field) {
        Access& a = access_[static_cast<std::size_t>(field)];
        a.writes &= locks;
        a.writes_by[static_cast<std::size_t>(actor)] &= locks;
    };
    if (i.code == Code::load) reads(static_cast<Field>(i.c));
    if (i.code == Code::store || i.code == Code::add_field || i.code == Code::sub_field)
        writes(static_cast<Field>(i.c));
    if (i.code == Code::get || i.code == Code::try_get || i.code == Code::put ||
        i.code == Code::split_folio || i.code == Code::lru_add || i.code == Code::lru_drain)
        writes(Field::refcount);
    if (i.code == Code::dma_write || i.code == Code::swap_write) writes(Field::page_dirty);
    if (i.code == Code::split_folio) {
        writes(Field::locked);
        reads(Field::mapcount);
    }
    if (i.code == Code::wait_page) reads(Field::locked);
    if (i.code == Code::trylock_page || i.code == Code::lock_page) {
        reads(Field::locked);
        writes(Field::locked);
    }
    if (i.code == Code::unlock_page) writes(Field::locked);
    if (i.code == Code::set_pte || i.code == Code::zap_pte || i.code == Code::fill_table ||
        i.code == Code::set_leaf)
        writes(Field::pte);
    if (i.code == Code::set_pmd || i.code == Code::zap_pmd || i.code == Code::set_leaf)
        writes(Field::pmd);
    if (i.code == Code::leaf) {
        reads(Field::pte);
        reads(Field::pmd);
    }
    if (i.code == Code::detach_vma) writes(Field::mapped);
    if (i.code == Code::share_pte || i.code == Code::start_mm)
        for (const Field field : {Field::mapped, Field::read_only, Field::dont_copy}) reads(field);
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
    if (constant_before(at) == 0) return true;
    const std::uint8_t pte = p_.code[at].a;
    for (std::size_t i = at; i < p_.code.size() && p_.code[i].code != Code::rest; ++i)
        if (p_.code[i].code == Code::put_bit && p_.code[i].a == pte &&
            (p_.code[i].imm & PteBit::dirty) != 0 && constant_before(i) == 1)
            return true;
    for (std::size_t i = at; i-- > 0 && p_.code[i].code != Code::rest;)
        if (p_.code[i].code == Code::put_bit && p_.code[i].a == pte &&
            (p_.code[i].imm & PteBit::dirty) != 0 && constant_before(i) == 1)
            return true;
    return false;
}

// The constant that the register c of a put_bit was just loaded with, or -1.
int FieldAccess::constant_before(std::size_t at) const {
    if (at > 0 && p_.code[at - 1].code == Code::imm && p_.code[at - 1].a == p_.code[at].c)
        return p_.code[at - 1].imm;
    return -1;
}

namespace {

bool writes_page_table(Code code) {
    return code == Code::set_pte || code == Code::set_leaf || code == Code::zap_pte ||
           code == Code::fill_table || code == Code::zap_pmd || code == Code::set_pmd;
}

}  // namespace

bool page_tables_are_locked(const Program& program) {
    bool locked = true;
    for (std::size_t r = 1; r < program.rests.size(); ++r)
        if ((program.rests[r].held & Held::ptl) == 0)
            each_of_step(program, program.rests[r], [&](std::size_t at) {
                locked = locked && !writes_page_table(program.code[at].code);
            });
    for (std::size_t start = 0; start < program.code.size(); ++start)
        if (program.code[start].code == Code::start_mm)
            each_reachable(program.code, start, false, [&](std::size_t at) {
                locked = locked && program.code[at].code != Code::share_pte;
            });
    return locked;
}

}  // namespace cowcheck
