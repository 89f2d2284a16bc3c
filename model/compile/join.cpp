#include "model/compile/join.h"

#include "model/compile/flow.h"
#include "model/compile/merge_rests.h"

#include <algorithm>
#include <array>
#include <optional>

namespace cowcheck {

namespace {

constexpr std::size_t actor_count = static_cast<std::size_t>(Actor::device) + 1;

// What the text of all operations together says about a field.
struct Access {
    std::uint8_t reads = 0xff;  // locks that are held wherever it is read
    std::uint8_t writes = 0xff; // ... and wherever it is written
    std::array<std::uint8_t, actor_count> writes_by{}; // the same, by who writes it
    bool read = false;
    bool written = false;
    std::optional<std::uint16_t> only_value; // every store stores this constant

    Access() { writes_by.fill(0xff); }
};

struct Facts {
    std::array<Access, field_table.size()> access{};
    bool trylock = false;  // somebody looks at a page lock without waiting for it
    bool seq_read = false;
    bool lock_cycle = false; // locks are not always taken in the same order
    bool clean_writable = false; // a PTE may be writable and clean: the walk changes it
};

// What a step is: always, or under conditions.
struct Class {
    std::uint8_t mover = Mover::both;
    std::uint16_t unless = 0; // Unless: if these hold, it is what `unless` says instead
    int place = -1;          // of the page that the conditions are about
};

// The lock under which a field is written, if that is always the same one.
std::uint8_t writers_lock(Field field) {
    if (field == Field::pte || field == Field::pmd)
        return Held::ptl;
    if (field == Field::mapped)
        return Held::mmap_read | Held::mmap_write;
    return 0;
}

class Classifier {
  public:
    explicit Classifier(Program &program) : p_(program) {}

    void run() {
        collect();
        for (std::size_t r = 1; r < p_.rests.size(); ++r) {
            Instruction &rest = p_.code[p_.rests[r].address];
            if (is_oops(p_.code, p_.rests[r].address)) {
                rest.a = Mover::separate;
                continue;
            }
            const Class step = classify_step(p_.rests[r]);
            rest.a = step.mover;
            // Locks that could deadlock are taken one at a time, for all to see.
            if (facts_.lock_cycle && p_.rests[r].held != 0 && waits_for(p_.rests[r]) != 0) {
                rest.a = Mover::separate;
                continue;
            }
            rest.target = step.unless;
            rest.c = step.place >= 0 ? static_cast<std::uint8_t>(step.place) : std::uint8_t{0};
        }
        // Of rests that were merged, all instructions say the same.
        for (Instruction &i : p_.code)
            if (i.code == Code::rest && i.imm != 0)
                i = p_.code[p_.rests[i.imm].address];
    }

  private:
    // Facts about the whole program.
    void collect() {
        for (std::size_t r = 1; r < p_.rests.size(); ++r)
            each_instruction(p_.rests[r], [&](std::size_t at) {
                note(p_.code[at], p_.rests[r].held, actor_of(p_.rests[r]));
                note_value(at);
            });
        for (std::size_t at = 0; at < p_.code.size(); ++at)
            if (p_.code[at].code == Code::put_bit &&
                (p_.code[at].imm & PteBit::writable) != 0 && !sets_dirty_too(at))
                facts_.clean_writable = true;
        facts_.lock_cycle = has_lock_cycle();
    }

    // Which locks a step may wait for; a TLB flush waits for interrupts.
    std::uint8_t waits_for(const Rest &rest) const {
        std::uint8_t locks = 0;
        each_instruction(rest, [&](std::size_t at) {
            switch (p_.code[at].code) {
            case Code::lock_mmap_read:
            case Code::lock_mmap_write:
                locks |= Held::mmap_read;
                break;
            case Code::lock_vma_write:
                locks |= Held::vma_read;
                break;
            case Code::lock_ptl:
                locks |= Held::ptl;
                break;
            case Code::lock_page:
            case Code::wait_page:
                locks |= Held::page;
                break;
            case Code::flush:
                locks |= Held::irqs_off;
                break;
            default:
                break;
            }
        });
        return locks;
    }

    // Whether the order "held while waiting for" has a cycle among kinds of locks.
    bool has_lock_cycle() const {
        std::array<std::uint8_t, 8> after{}; // by bit: what is waited for while it is held
        for (std::size_t r = 1; r < p_.rests.size(); ++r) {
            std::uint8_t held = p_.rests[r].held;
            if ((held & Held::mmap_write) != 0)
                held = static_cast<std::uint8_t>((held & ~Held::mmap_write) | Held::mmap_read);
            if ((held & Held::vma_write) != 0)
                held = static_cast<std::uint8_t>((held & ~Held::vma_write) | Held::vma_read);
            const std::uint8_t wanted = waits_for(p_.rests[r]);
            for (unsigned bit = 0; bit < 8; ++bit)
                if (((held >> bit) & 1U) != 0)
                    after[bit] |= wanted;
        }
        for (unsigned round = 0; round < 8; ++round)
            for (unsigned bit = 0; bit < 8; ++bit)
                for (unsigned next = 0; next < 8; ++next)
                    if (((after[bit] >> next) & 1U) != 0)
                        after[bit] |= after[next];
        for (unsigned bit = 0; bit < 8; ++bit)
            if (((after[bit] >> bit) & 1U) != 0)
                return true;
        return false;
    }

    // Who rests here: one kind of actor, whatever operations were merged.
    Actor actor_of(const Rest &rest) const {
        return info(p_.operations[rest.operation].item.kind).actor;
    }

    // Whether no other thread can change the field while this one rests here: they
    // would need mmap_lock in a way that excludes how it is held here.
    bool others_excluded(Field field, const Rest &rest) const {
        if ((rest.held & (Held::mmap_read | Held::mmap_write)) == 0)
            return false;
        const std::uint8_t needed =
            (rest.held & Held::mmap_write) != 0 ? Held::mmap_read : Held::mmap_write;
        const Actor own = actor_of(rest);
        unsigned alike = 0;
        for (const Thread &thread : p_.world.threads)
            alike += thread.actor == own;
        const Access &a = facts_.access[static_cast<std::size_t>(field)];
        for (std::size_t actor = 0; actor < a.writes_by.size(); ++actor)
            if ((alike > 1 || actor != static_cast<std::size_t>(own)) &&
                (a.writes_by[actor] & needed) == 0)
                return false;
        return true;
    }

    void note(const Instruction &i, std::uint8_t held, Actor actor) {
        facts_.trylock |= i.code == Code::trylock_page;
        facts_.seq_read |= i.code == Code::seq_read;
        // Whoever holds mmap_lock for writing holds it for reading, too.
        const auto locks = static_cast<std::uint8_t>(
            (held & Held::mmap_write) != 0 ? held | Held::mmap_read : held);
        const auto reads = [&](Field field) {
            Access &a = facts_.access[static_cast<std::size_t>(field)];
            a.reads &= locks;
            a.read = true;
        };
        const auto writes = [&](Field field) {
            Access &a = facts_.access[static_cast<std::size_t>(field)];
            a.writes &= locks;
            a.writes_by[static_cast<std::size_t>(actor)] &= locks;
        };
        if (i.code == Code::load)
            reads(static_cast<Field>(i.c));
        if (i.code == Code::store || i.code == Code::add_field || i.code == Code::sub_field)
            writes(static_cast<Field>(i.c));
        if (i.code == Code::get || i.code == Code::try_get || i.code == Code::put ||
            i.code == Code::split_folio || i.code == Code::lru_add || i.code == Code::lru_drain)
            writes(Field::refcount);
        if (i.code == Code::dma_write || i.code == Code::swap_write)
            writes(Field::page_dirty);
        if (i.code == Code::split_folio)
            writes(Field::locked);
        if (i.code == Code::wait_page)
            reads(Field::locked);
        if (i.code == Code::trylock_page || i.code == Code::lock_page) {
            reads(Field::locked);
            writes(Field::locked);
        }
        if (i.code == Code::unlock_page)
            writes(Field::locked);
        if (i.code == Code::set_pte || i.code == Code::zap_pte || i.code == Code::fill_table ||
            i.code == Code::set_leaf)
            writes(Field::pte);
        if (i.code == Code::set_pmd || i.code == Code::zap_pmd || i.code == Code::set_leaf)
            writes(Field::pmd);
        if (i.code == Code::leaf) {
            reads(Field::pte);
            reads(Field::pmd);
        }
        if (i.code == Code::detach_vma)
            writes(Field::mapped);
    }

    // Whether all stores to the field, of which this may be one, store one constant.
    void note_value(std::size_t at) {
        const Instruction &i = p_.code[at];
        if (i.code != Code::store && i.code != Code::add_field && i.code != Code::sub_field)
            return;
        Access &a = facts_.access[static_cast<std::size_t>(i.c)];
        const Instruction *before = at > 0 ? &p_.code[at - 1] : nullptr;
        std::optional<std::uint16_t> value;
        if (i.code == Code::store && before && before->code == Code::imm && before->a == i.a)
            value = before->imm;
        a.only_value = !a.written || a.only_value == value ? value : std::nullopt;
        a.written = true;
    }

    bool always_under(Field field, std::uint8_t lock, bool readers_too) const {
        const Access &a = facts_.access[static_cast<std::size_t>(field)];
        return (a.writes & lock) != 0 && (!readers_too || (a.reads & lock) != 0);
    }

    // Whether a property looks at the field while handlers are under way.
    bool visible(Field field) const {
        return ((p_.visible_fields >> static_cast<unsigned>(field)) & 1U) != 0;
    }

    // All instructions from a rest to the next ones.
    template <class Visit> void each_instruction(const Rest &rest, Visit &&visit) const {
        std::vector<std::size_t> work{rest.address + 1U};
        std::vector<std::size_t> seen;
        while (!work.empty()) {
            const std::size_t at = work.back();
            work.pop_back();
            if (at >= p_.code.size() || p_.code[at].code == Code::rest ||
                std::find(seen.begin(), seen.end(), at) != seen.end())
                continue;
            seen.push_back(at);
            visit(at);
            for (const std::uint16_t next : successors(p_.code[at], at))
                work.push_back(next);
        }
    }

    // `writable` in a record, or `writable = x`: does the same record set `dirty`?
    // `writable = false` needs no such thing.
    bool sets_dirty_too(std::size_t at) const {
        if (constant_before(at) == 0)
            return true;
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
    int constant_before(std::size_t at) const {
        if (at > 0 && p_.code[at - 1].code == Code::imm && p_.code[at - 1].a == p_.code[at].c)
            return p_.code[at - 1].imm;
        return -1;
    }

    Class classify_step(const Rest &rest) {
        Class step;
        bool refuted = false;
        each_instruction(rest, [&](std::size_t at) {
            const std::uint8_t mover = classify(p_.code[at], rest);
            if (mover != Mover::none) {
                step.mover = together(step.mover, mover);
                return;
            }
            const Class maybe = conditions(at, rest.held);
            refuted = refuted || maybe.unless == 0 ||
                      (step.place >= 0 && maybe.place >= 0 && step.place != maybe.place);
            step.unless |= maybe.unless;
            if (maybe.place >= 0)
                step.place = maybe.place;
        });
        if (step.unless == 0 && !refuted)
            return step;
        // Whatever movers it contains besides, it can't be more than they are.
        if (step.mover == Mover::left)
            step.unless |= Unless::becomes_left;
        if (step.mover == Mover::right)
            step.unless |= Unless::becomes_right;
        const bool both_ways = (step.unless & Unless::becomes_left) != 0 &&
                               (step.unless & Unless::becomes_right) != 0;
        const bool not_alone = (step.unless & Unless::notes_shared) != 0 &&
                               step.unless != Unless::notes_shared;
        if (refuted || both_ways || not_alone || step.mover == Mover::none)
            step.unless = 0;
        step.mover = Mover::none;
        return step;
    }

    static std::uint8_t together(std::uint8_t a, std::uint8_t b) {
        if (a == Mover::both)
            return b;
        return b == Mover::both || a == b ? a : Mover::none;
    }

    // When an instruction that is no mover in general is one after all.
    Class conditions(std::size_t at, std::uint8_t held) const {
        const Instruction &i = p_.code[at];
        const bool ptl = (held & Held::ptl) != 0;
        switch (i.code) {
        case Code::load:
            if (static_cast<Field>(i.c) == Field::has_pinned)
                return {Mover::none, Unless::pinned_already, -1};
            if (info(static_cast<Field>(i.c)).scope != Scope::page)
                return {};
            if (ptl && always_under(static_cast<Field>(i.c), Held::ptl, false))
                return about_page(at, i.b, Unless::page_locked_away);
            return about_page(at, i.b, Unless::page_private);
        case Code::store:
        case Code::add_field:
        case Code::sub_field: {
            const auto field = static_cast<Field>(i.c);
            if (field == Field::has_pinned && i.code == Code::store)
                return {Mover::none, Unless::pinned_already, -1};
            if (info(field).scope != Scope::page || visible(field))
                return {};
            if (ptl && always_under(field, Held::ptl, true))
                return about_page(at, i.b, Unless::page_locked_away);
            return about_page(at, i.b, Unless::page_private);
        }
        case Code::is_anon:
        case Code::is_counted:
        case Code::head:
        case Code::other:
        case Code::subpage:
        case Code::large_mapcount:
        case Code::mapped_shared:
            return about_page(at, i.b, Unless::page_private);
        case Code::count_mapping:
            return about_page(at, i.a, Unless::page_private);
        case Code::get:
            return visible(Field::refcount) ? Class{}
                                            : about_page(at, i.a, Unless::page_private);
        case Code::put: // it may free the page, which others may wait for
            return about_page(at, i.a, Unless::page_private | Unless::becomes_left);
        case Code::trylock_page:
        case Code::unlock_page:
            if (visible(Field::locked))
                return {};
            return about_page(at, i.code == Code::trylock_page ? i.b : i.a,
                              ptl && always_under(Field::locked, Held::ptl, true)
                                  ? Unless::page_locked_away
                                  : Unless::page_private);
        case Code::seq_begin:
        case Code::seq_end:
        case Code::seq_read:
            return {Mover::none, Unless::only_cpu, -1};
        case Code::seq_changed:
            return {Mover::none, Unless::seq_settled, -1};
        case Code::flush: // must not hide that a page was freed before it
            return {Mover::none, Unless::only_cpu | Unless::becomes_right, -1};
        case Code::share_pte:
            return {Mover::none, Unless::child_is_new, -1};
        case Code::note_shared:
            return ptl ? Class{Mover::none, Unless::notes_shared, -1} : Class{};
        default:
            return {};
        }
    }

    // The page in a register: known if it was loaded from a local in this step.
    Class about_page(std::size_t at, std::uint8_t reg, unsigned unless) const {
        for (std::size_t i = at; i-- > 0 && p_.code[i].code != Code::rest;) {
            const Instruction &before = p_.code[i];
            // What holds for a page holds for the whole THP that it is in.
            if (before.a == reg && (before.code == Code::head || before.code == Code::other)) {
                reg = before.b;
                continue;
            }
            if (before.a != reg || before.code == Code::store_local ||
                before.code == Code::store || before.code == Code::set_pte ||
                before.code == Code::jump_if || before.code == Code::jump_unless ||
                before.code == Code::note_shared)
                continue;
            if (before.code == Code::load_local && before.imm == 0xf)
                return {Mover::none, static_cast<std::uint16_t>(unless),
                        before.b * 16 + before.c};
            return {};
        }
        return {};
    }

    std::uint8_t classify(const Instruction &i, const Rest &rest) const {
        const std::uint8_t held = rest.held;
        switch (i.code) {
        case Code::jump:
        case Code::jump_if:
        case Code::jump_unless:
        case Code::imm:
        case Code::move:
        case Code::load_local:
        case Code::store_local:
        case Code::pte_index:
        case Code::tlb_index:
        case Code::bit:
        case Code::put_bit:
        case Code::frame:
        case Code::is_migration:
        case Code::put_frame:
        case Code::add:
        case Code::sub:
        case Code::eq:
        case Code::ne:
        case Code::lt:
        case Code::le:
        case Code::both:
        case Code::either:
        case Code::invert:
        case Code::seq_odd:
        case Code::assert_: // a violation is noted wherever the step runs
        case Code::attach: // says what the load of the PTE beside it says
            return Mover::both;
        case Code::end: // promises begin and waiting ends: earlier is never weaker
        case Code::soft_dirty_armed:
        case Code::wp_resolved:
        case Code::wp_returned:
            return Mover::both;
        case Code::is_anon: // a mapped page keeps its kind while the PTE is locked
        case Code::is_counted:
            return (held & Held::ptl) != 0 && always_under(Field::pte, Held::ptl, false)
                       ? Mover::both
                       : Mover::none;
        case Code::leaf: {
            const std::uint8_t pte = classify_load(Field::pte, rest);
            return together(pte, classify_load(Field::pmd, rest));
        }
        case Code::load:
            return classify_load(static_cast<Field>(i.c), rest);
        case Code::store:
        case Code::add_field:
        case Code::sub_field:
            return classify_store(static_cast<Field>(i.c), held);
        case Code::lock_mmap_read:
        case Code::lock_mmap_write:
        case Code::lock_ptl:
        case Code::irqs_off:
            return Mover::right;
        case Code::unlock_mmap_read:
        case Code::unlock_mmap_write:
        case Code::unlock_ptl:
        case Code::irqs_on:
        case Code::unlock_vma_read: // whoever tries for reading does not see other readers
            return Mover::left;
        case Code::lock_page:
            return facts_.trylock ? Mover::none : Mover::right;
        case Code::unlock_page:
            return facts_.trylock ? Mover::none : Mover::left;
        case Code::seq_begin:
        case Code::seq_end:
            return facts_.seq_read ? Mover::none : Mover::both;
        default:
            return Mover::none;
        }
    }

    std::uint8_t classify_load(Field field, const Rest &rest) const {
        const std::uint8_t held = rest.held;
        if (field == Field::tlb_flush_pending && others_excluded(field, rest))
            return Mover::both;
        if ((field == Field::pte || field == Field::pmd) && facts_.clean_writable)
            return Mover::none;
        const std::uint8_t lock = writers_lock(field);
        const std::uint8_t writers = facts_.access[static_cast<std::size_t>(field)].writes;
        const bool kept = field == Field::mapped ? (writers & Held::mmap_write) != 0
                                                 : (writers & lock) != 0;
        return kept && (held & lock) != 0 ? Mover::both : Mover::none;
    }

    // A count that no text reads, or that is only touched under mmap_lock, of
    // which writers of this one hold the exclusive side.
    std::uint8_t classify_store(Field field, std::uint8_t held) const {
        if (info(field).scope != Scope::mm || field == Field::life || visible(field))
            return Mover::none;
        const Access &a = facts_.access[static_cast<std::size_t>(field)];
        if (field == Field::tlb_flush_pending && !a.read)
            return Mover::both;
        const bool locked = (a.reads & a.writes & Held::mmap_read) != 0;
        if (locked && (held & Held::mmap_write) != 0)
            return Mover::both;
        // It is only ever set, and nobody can look meanwhile: who set it first says nothing.
        return a.only_value && (a.reads & Held::mmap_write) != 0 &&
                       (held & (Held::mmap_read | Held::mmap_write)) != 0
                   ? Mover::both
                   : Mover::none;
    }

    Program &p_;
    Facts facts_;
};

} // namespace

void join_steps(Program &program) { Classifier(program).run(); }

void reduce_steps(Program &program) {
    merge_rests(program);
    join_steps(program);
}

} // namespace cowcheck
