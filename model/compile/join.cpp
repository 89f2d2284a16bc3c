#include "model/compile/join.h"

#include "model/compile/balance.h"
#include "model/compile/field_access.h"
#include "model/compile/flow.h"
#include "model/compile/lock_order.h"
#include "model/isa/effects.h"

namespace cowcheck {

namespace {

// What a step is: always, or under conditions.
struct Class {
    std::uint8_t mover = Mover::both;
    std::uint16_t unless = 0;  // Unless: if these hold, it is what `unless` says instead
    int place = -1;            // of the page that the conditions are about
};

// The lock under which a field is written, if that is always the same one.
std::uint8_t writers_lock(Field field) {
    if (field == Field::pte || field == Field::pmd) return Held::ptl;
    if (field == Field::mapped) return Held::mmap_read | Held::mmap_write;
    return 0;
}

class Classifier {
public:
    explicit Classifier(Program& program)
        : p_(program), access_(program), lock_cycle_(has_lock_cycle(program)),
          tables_locked_(page_tables_are_locked(program)),
          flushes_balanced_(is_balanced(program, Field::tlb_flush_pending)) {
        note_texts();
    }

    void run() {
        for (std::size_t r = 1; r < p_.rests.size(); ++r) {
            Instruction& rest = p_.code[p_.rests[r].address];
            if (is_oops(p_.code, p_.rests[r].address)) {
                rest.a = Mover::separate;
                continue;
            }
            const Class step =
                p_.asked.no_joining.empty() ? classify_step(p_.rests[r]) : Class{Mover::separate};
            rest.a = step.mover;
            // Locks that could deadlock are taken one at a time, for all to see.
            if (lock_cycle_ && p_.rests[r].held != 0 && waits_for(p_, p_.rests[r]) != 0) {
                rest.a = Mover::separate;
                continue;
            }
            rest.target = step.unless;
            rest.c = step.place >= 0 ? static_cast<std::uint8_t>(step.place) : std::uint8_t{0};
        }
        // Of rests that were merged, all instructions say the same.
        for (Instruction& i : p_.code)
            if (i.code == Code::rest && i.imm != 0) i = p_.code[p_.rests[i.imm].address];
    }

private:
    // Whether a property looks at the field while handlers are under way, of any element...
    bool visible(Field field) const { return has(p_.asked.visible, field); }
    // ... or of those, too, that a pin, a TLB entry or a page table leads to.
    bool visible_or_reached(Field field) const {
        return has(p_.asked.visible | p_.asked.reached, field);
    }
    bool asked_at_events(Field field) const { return has(p_.asked.at_events, field); }

    // Which sorts of actors do what the machine asks about at a rest.
    void note_texts() {
        p_.texts = {};
        for (std::size_t r = 1; r < p_.rests.size(); ++r) {
            const Rest& rest = p_.rests[r];
            each_of_step(p_, rest, [&](std::size_t at) {
                const Instruction& i = p_.code[at];
                const Effects effects = effects_of(i);
                unsigned actors = actor_bit(rest.operation);
                for (const std::uint16_t other : rest.others) actors |= actor_bit(other);
                const auto note = [&](std::uint8_t& bits, bool does) {
                    if (does) bits = static_cast<std::uint8_t>(bits | actors);
                };
                looks_at_locked_ = looks_at_locked_ || i.code == Code::split_folio ||
                                   (i.code == Code::load && has(effects.reads, Field::locked));
                note(p_.texts.walk_mappings, i.code == Code::next_mapping || i.code == Code::twin);
                note(p_.texts.look_without_ptl,
                     (rest.held & Held::ptl) == 0 && (effects.reads & fields(Field::pte)) != 0);
                note(p_.texts.watch_seq,
                     ((effects.reads | effects.writes) & fields(Field::write_protect_seq)) != 0);
            });
        }
    }
    unsigned actor_bit(std::uint16_t operation) const {
        return 1U << static_cast<unsigned>(info(p_.operations[operation].item.kind).actor);
    }
    bool somebody_walks() const { return p_.texts.walk_mappings != 0; }

    Class classify_step(const Rest& rest) {
        Class step;
        bool refuted = false;
        each_of_step(p_, rest, [&](std::size_t at) {
            const std::uint8_t mover = classify(at, rest);
            if (mover != Mover::none) {
                step.mover = together(step.mover, mover);
                return;
            }
            const Class maybe = conditions(at, rest);
            refuted = refuted || maybe.unless == 0 ||
                      (step.place >= 0 && maybe.place >= 0 && step.place != maybe.place);
            step.unless |= maybe.unless;
            if (maybe.place >= 0) step.place = maybe.place;
        });
        if (step.unless == 0 && !refuted) return step;
        // Whatever movers it contains besides, it can't be more than they are.
        if (step.mover == Mover::left) step.unless |= Unless::becomes_left;
        if (step.mover == Mover::right) step.unless |= Unless::becomes_right;
        const bool both_ways =
            (step.unless & Unless::becomes_left) != 0 && (step.unless & Unless::becomes_right) != 0;
        constexpr std::uint16_t flush = Unless::flushes | Unless::flushes_all | Unless::pte_kept;
        const bool not_alone =
            ((step.unless & Unless::notes_shared) != 0 && step.unless != Unless::notes_shared) ||
            ((step.unless & Unless::flushes) != 0 && (step.unless & ~flush) != 0);
        if (refuted || both_ways || not_alone || step.mover == Mover::none) step.unless = 0;
        step.mover = Mover::none;
        return step;
    }

    static std::uint8_t together(std::uint8_t a, std::uint8_t b) {
        if (a == Mover::both) return b;
        return b == Mover::both || a == b ? a : Mover::none;
    }

    // When an instruction that is no mover in general is one after all.
    Class conditions(std::size_t at, const Rest& rest) const {
        const Instruction& i = p_.code[at];
        const bool ptl = (rest.held & Held::ptl) != 0;
        switch (i.code) {
        case Code::load:
            if (static_cast<Field>(i.c) == Field::has_pinned)
                return only_set(Field::has_pinned) ? Class{Mover::none, Unless::pinned_already, -1}
                                                   : Class{};
            if (info(static_cast<Field>(i.c)).scope != Scope::page) return {};
            if (ptl && access_.always_under(static_cast<Field>(i.c), Held::ptl, false))
                return about_page(at, i.b, Unless::page_locked_away);
            return about_page(at, i.b, Unless::page_private);
        case Code::store:
        case Code::add_field:
        case Code::sub_field: {
            const auto field = static_cast<Field>(i.c);
            if (field == Field::has_pinned && i.code == Code::store)
                return only_set(field) ? Class{Mover::none, Unless::pinned_already, -1} : Class{};
            if (info(field).scope != Scope::page || visible(field)) return {};
            if (opens_a_way(field)) return {};
            // Whoever has a pin asks without a lock.
            if (ptl && access_.always_under(field, Held::ptl, true) && !asked_at_events(field) &&
                !visible_or_reached(field))
                return about_page(at, i.b, Unless::page_locked_away);
            return about_page(at, i.b, Unless::page_private);
        }
        case Code::is_anon:
        case Code::is_counted:
        case Code::is_free: return about_kind(at, rest);
        case Code::head:
        case Code::other:
        case Code::subpage:
        case Code::large_mapcount:
        case Code::mapped_shared: return about_page(at, i.b, Unless::page_private);
        case Code::count_mapping:
            return visible(Field::mm_mapcount) ? Class{}
                                               : about_page(at, i.a, Unless::page_private);
        case Code::get:
            return visible(Field::refcount) ? Class{} : about_page(at, i.a, Unless::page_private);
        case Code::put:  // it may free the page, which others may wait for
            if ((p_.asked.visible & fields_of(Scope::page)) != 0) return {};
            return about_page(at, i.a, Unless::page_private | Unless::becomes_left);
        case Code::trylock_page:
        case Code::unlock_page:
            if (visible(Field::locked)) return {};
            return about_page(at, i.code == Code::trylock_page ? i.b : i.a,
                              ptl && access_.always_under(Field::locked, Held::ptl, true) &&
                                      !asked_at_events(Field::locked) &&
                                      !visible_or_reached(Field::locked)
                                  ? Unless::page_locked_away
                                  : Unless::page_private);
        case Code::seq_begin:
        case Code::seq_end:
        case Code::seq_read: return {Mover::none, Unless::only_cpu, -1};
        case Code::seq_changed: return {Mover::none, Unless::seq_settled, -1};
        case Code::flush:
            return moves_va(rest) ? Class{} : Class{Mover::none, about_flush(i, rest), -1};
        case Code::share_pte:  // whoever comes to processes by a page may see it
            return somebody_walks() || p_.asked.page_tables
                       ? Class{}
                       : Class{Mover::none, Unless::child_is_new, -1};
        // By way of ksmd and of swap entries, others may come to the page without this ptl.
        case Code::note_shared:
            return ptl && !p_.searches && !p_.world.swap()
                       ? Class{Mover::none, Unless::notes_shared, -1}
                       : Class{};
        default: return {};
        }
    }

    std::uint16_t about_flush(const Instruction& flush, const Rest& rest) const {
        unsigned rules = Unless::flushes;
        if (flush.imm != 0) rules |= Unless::flushes_all;
        if (tables_locked_ &&
            ((rest.held & Held::ptl) != 0 || (access_.others_excluded(Field::pte, rest) &&
                                              access_.others_excluded(Field::pmd, rest))))
            rules |= Unless::pte_kept;
        return static_cast<std::uint16_t>(rules);
    }

    // Whether the step goes on to another virtual page than the one where it begins.
    bool moves_va(const Rest& rest) const {
        bool moves = false;
        each_of_step(p_, rest, [&](std::size_t at) {
            moves = moves || p_.code[at].code == Code::next_mapping ||
                    (p_.code[at].code == Code::move && p_.code[at].a == Reg::va);
        });
        return moves;
    }

    // A page keeps its kind while a PTE maps it whose lock is held.
    Class about_kind(std::size_t at, const Rest& rest) const {
        const bool ptl = (rest.held & Held::ptl) != 0 &&
                         access_.always_under(Field::pte, Held::ptl, false) &&
                         access_.always_under(Field::pmd, Held::ptl, false);
        if (!ptl) return about_page(at, p_.code[at].b, Unless::page_private);
        return about_page(at, p_.code[at].b, Unless::kind_kept);
    }

    // Whether the page in the register comes from a PTE that was read in this very step.
    bool is_just_read(std::size_t at, std::uint8_t reg) const {
        for (std::size_t i = at; i-- > 0 && p_.code[i].code != Code::rest;) {
            const Instruction& before = p_.code[i];
            if (!writes_register(before, reg)) continue;
            if (before.code == Code::frame)
                reg = before.b;
            else
                return before.code == Code::leaf ||
                       (before.code == Code::load && before.c == static_cast<int>(Field::pte));
        }
        return false;
    }

    // Whether all stores to the field, wherever they stand, set it.
    bool only_set(Field field) const {
        const FieldAccess::Access& a = access_.of(field);
        return !a.written || a.only_value == std::uint16_t{1};
    }

    // Whether others come to a page by what the field of it says.
    bool opens_a_way(Field field) const {
        for (const WayRow& row : way_table)
            if (has(p_.ways.apart, row.way.value) && row.apart.how == Apart::never &&
                row.slots.value.leads == Leads::page && row.slots.value.field == field)
                return true;
        return false;
    }

    // The page in a register: known if it was loaded in this step from a local that had it when
    // the step began.
    Class about_page(std::size_t at, std::uint8_t reg, unsigned unless) const {
        for (std::size_t i = at; i-- > 0 && p_.code[i].code != Code::rest;) {
            const Instruction& before = p_.code[i];
            if (!writes_register(before, reg)) continue;
            // What holds for a page holds for the whole THP that it is in.
            if (before.code == Code::head || before.code == Code::other) {
                reg = before.b;
                continue;
            }
            if (before.code == Code::load_local && before.imm == 0xf &&
                !is_stored_before(i, before))
                return {Mover::none, static_cast<std::uint16_t>(unless), before.b * 16 + before.c};
            return {};
        }
        return {};
    }

    // Whether the step may have given the local another value before that load.
    bool is_stored_before(std::size_t load, const Instruction& local) const {
        for (std::size_t i = load; i-- > 0 && p_.code[i].code != Code::rest;) {
            const Instruction& before = p_.code[i];
            if (before.code == Code::store_local && before.b == local.b &&
                (((unsigned{before.imm} << before.c) & (unsigned{local.imm} << local.c)) != 0))
                return true;
        }
        return false;
    }

    std::uint8_t classify(std::size_t at, const Rest& rest) const {
        const Instruction& i = p_.code[at];
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
        case Code::assert_:  // a violation is noted wherever the step runs
        case Code::attach:   // says what the load of the PTE beside it says
        case Code::end:      // promises begin and waiting ends: earlier is never weaker
            return Mover::both;
        case Code::is_anon:
        case Code::is_counted:
        case Code::is_free:
            return (held & Held::ptl) != 0 && access_.always_under(Field::pte, Held::ptl, false) &&
                           access_.always_under(Field::pmd, Held::ptl, false) &&
                           is_just_read(at, i.b)
                       ? Mover::both
                       : Mover::none;
        // Where an operation ends, its promise may begin earlier. One that it has withdrawn when it
        // began, and withdraws once more, somebody else has given meanwhile: that may stay.
        case Code::soft_dirty_armed:
        case Code::wp_resolved:
        case Code::wp_returned:
        case Code::bar_stores: return Mover::left;
        // What it gave up is gone earlier; ksmd may ask whether that was the same as something.
        case Code::give_up: return p_.searches ? Mover::none : Mover::left;
        case Code::leaf: {
            const std::uint8_t pte = classify_load(Field::pte, rest);
            return together(pte, classify_load(Field::pmd, rest));
        }
        case Code::load: return classify_load(static_cast<Field>(i.c), rest);
        case Code::store:
        case Code::add_field:
        case Code::sub_field: return classify_store(i, rest);
        case Code::detach_vma: return classify_detach(held);
        case Code::lock_mmap_read:
        case Code::lock_mmap_write:
        case Code::lock_ptl:
        case Code::irqs_off: return Mover::right;
        case Code::unlock_mmap_read:
        case Code::unlock_mmap_write:
        case Code::unlock_ptl:
        case Code::irqs_on:
        case Code::unlock_vma_read:  // whoever tries for reading does not see other readers
            return Mover::left;
        case Code::lock_page: return page_locks_are_seen() ? Mover::none : Mover::right;
        case Code::unlock_page: return page_locks_are_seen() ? Mover::none : Mover::left;
        case Code::seq_begin:
        case Code::seq_end: return access_.seq_read() ? Mover::none : Mover::both;
        default: return Mover::none;
        }
    }

    // By somebody who does not wait for them.
    bool page_locks_are_seen() const {
        return access_.trylock() || looks_at_locked_ || visible_or_reached(Field::locked) ||
               asked_at_events(Field::locked);
    }

    std::uint8_t classify_load(Field field, const Rest& rest) const {
        const std::uint8_t held = rest.held;
        if (field == Field::tlb_flush_pending && access_.others_excluded(field, rest))
            return Mover::both;
        if ((field == Field::pte || field == Field::pmd) && access_.clean_writable())
            return Mover::none;
        const std::uint8_t lock = writers_lock(field);
        const std::uint8_t writers = access_.of(field).writes;
        const bool kept =
            field == Field::mapped ? (writers & Held::mmap_write) != 0 : (writers & lock) != 0;
        return kept && (held & lock) != 0 ? Mover::both : Mover::none;
    }

    // A count that no other thread's text reads, or what is only touched under mmap_lock, of
    // which writers of this one hold the exclusive side.
    std::uint8_t classify_store(const Instruction& i, const Rest& rest) const {
        const auto field = static_cast<Field>(i.c);
        const FieldAccess::Access& a = access_.of(field);
        if (visible_or_reached(field) || asked_at_events(field)) return Mover::none;
        if (field == Field::mapcount && !a.read) {
            // Counts are only added to and taken from. That one gets too small must not be hidden:
            // the earlier is taken and the later is added, the smaller it is.
            return i.code == Code::sub_field ? Mover::left : Mover::right;
        }
        if (info(field).scope != Scope::mm || field == Field::life) return Mover::none;
        // Whoever adds too often must not do so where nobody sees how much others have added.
        if (field == Field::tlb_flush_pending && !access_.others_read(field, rest))
            return flushes_balanced_ ? Mover::both : Mover::none;
        const bool locked = (a.reads & a.writes & Held::mmap_read) != 0;
        if (locked && (rest.held & Held::mmap_write) != 0) return Mover::both;
        // It is only ever set, and nobody can look meanwhile: who set it first says nothing.
        return a.only_value && (a.reads & Held::mmap_write) != 0 &&
                       (rest.held & (Held::mmap_read | Held::mmap_write)) != 0
                   ? Mover::both
                   : Mover::none;
    }

    // Nothing starts in a VMA that is gone, and whoever is under way waits for mmap_lock before
    // he looks: it may go later.
    std::uint8_t classify_detach(std::uint8_t held) const {
        for (const Field field : {Field::mapped, Field::read_only, Field::dont_copy}) {
            const FieldAccess::Access& a = access_.of(field);
            if (p_.layout.has(field) && (visible_or_reached(field) || asked_at_events(field) ||
                                         (a.reads & Held::mmap_read) == 0))
                return Mover::none;
        }
        return (held & Held::mmap_write) != 0 ? Mover::right : Mover::none;
    }

    Program& p_;
    FieldAccess access_;
    bool looks_at_locked_ = false;  // other than to wait
    bool lock_cycle_;               // locks are not always taken in the same order
    bool tables_locked_;            // page_tables_are_locked()
    bool flushes_balanced_;         // tlb_flush_pending is_balanced()
};

}  // namespace

void join_steps(Program& program) { Classifier(program).run(); }

}  // namespace cowcheck
