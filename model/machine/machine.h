// Executes one atomic step of a compiled design. This is the hot loop of the
// tool: no allocation, no exception, no virtual call.
//
// What each instruction means in the kernel's terms is in docs/semantics.md.
#pragma once

#include "model/machine/outside.h"
#include "model/machine/program.h"

#include <algorithm>
#include <type_traits>

namespace cowcheck {

struct StepResult {
    Blocked blocked = Blocked::no;
    std::uint8_t steps = 0;  // atomic steps taken: more than one if joined
    bool misled = false;     // what Program::trusts_counts relies on is not so from now on
    // Anything but how quiet other threads are has been asked about them, or was changed. If not,
    // what happened goes by this thread, the pages and the processes alone. Told to an
    // ElsewhereObserver only: it takes 3 % of an exploration's time.
    bool elsewhere = false;
    std::uint32_t violated = 0;  // properties, by number
};

// What can't be seen in a state itself, but in what comes of it (model/machine/expand.h).
struct Stuck {
    // Something runs, nothing can move, and nobody from outside could help (a page that gets
    // free, a monitor that answers).
    bool deadlocked = false;
    // One operation can move, and all that it ever does leads it back to where it was; the others
    // that are under way wait. Only where it is asked (Program::asks_livelock).
    bool livelocked = false;

    [[nodiscard]] bool any() const { return deadlocked || livelocked; }
};

// Told about each thing that happens; the explorer's does nothing. An observer of its
// own derives from this one and hides what it cares for.
struct NoObserver {
    static constexpr bool outside = false;  // no references from outside: see outside.h
    static constexpr bool outside_counts = false;
    static constexpr bool reads_checks = false;     // what a check runs is looked at
    static constexpr bool tells_elsewhere = false;  // StepResult::elsewhere is wanted
    // registers(file, terms) is called, too, before each instruction, and may change them.
    static constexpr bool shows_registers = false;
    void at(unsigned /*address*/) {}  // an instruction is about to run
    void stuck() {}                   // the step that began last does not happen after all
    [[nodiscard]] NoObserver of_checks() const { return {}; }  // who watches the properties
    void step(unsigned /*pc*/) {}
    void event(Event /*event*/, unsigned /*mm*/, unsigned /*va*/, unsigned /*page*/,
               unsigned /*pin*/) {}
    void copied(unsigned /*from*/, unsigned /*to*/) {}
    void zeroed(unsigned /*page*/) {}
    void forked(unsigned /*child*/) {}
    void miscounted(Field /*count*/, unsigned /*index*/) {}  // what the next event is about
};

// Wants to know whether what happened goes by other threads.
struct ElsewhereObserver : NoObserver {
    static constexpr bool tells_elsewhere = true;
    [[nodiscard]] ElsewhereObserver of_checks() const { return {}; }
};

template <class Observer = NoObserver>
class Machine {
public:
    Machine(const Program& program, State& state, Observer observer = {})
        : p_(program), s_(state), observer_(observer) {
        // To clear all of them for each step takes 5 % of an exploration's time.
        std::copy_n(constants.begin() + Reg::zero, Reg::constants, r_.begin() + Reg::zero);
    }

    // Starts `operation` on an idle thread and runs its first step. For a service
    // `mm` is the process it works on; `pin` is the slot that a GUP will fill.
    StepResult start(unsigned thread, unsigned operation, unsigned mm, unsigned va, unsigned pin) {
        thread_ = thread;
        const OperationCode& op = p_.operations[operation];
        std::uint16_t* words = &s_.words[p_.layout.element(Scope::thread, thread)];
        words[1] = static_cast<std::uint16_t>(mm | (va << 2U) | (pin << 4U));
        r_[Reg::mm] = static_cast<std::uint16_t>(mm);
        r_[Reg::va] = static_cast<std::uint16_t>(va);
        r_[Reg::pin] = static_cast<std::uint16_t>(pin);
        if (info(op.item.kind).needs == Needs::pin_slot) begin_pin(pin, mm, va, op.item.flags);
        return run(op.entry, true);
    }

    // Runs the next step of a thread that is not idle.
    StepResult step(unsigned thread) {
        thread_ = thread;
        const std::uint16_t* words = &s_.words[p_.layout.element(Scope::thread, thread)];
        r_[Reg::mm] = static_cast<std::uint16_t>(of_thread<Field::op_mm>(words));
        r_[Reg::va] = static_cast<std::uint16_t>(of_thread<Field::op_va>(words));
        r_[Reg::pin] = static_cast<std::uint16_t>(of_thread<Field::op_pin>(words));
        const unsigned pc = words[0] & unsigned{info(Field::pc).mask()};
        observer_.step(pc);
        return run(p_.rests[pc].address + 1U, false);
    }

    // A device operation on a held pin: always one step.
    StepResult device(unsigned operation, unsigned pin) {
        thread_ = no_thread;
        r_[Reg::pin] = static_cast<std::uint16_t>(pin);
        r_[Reg::mm] = get(Field::pin_mm, pin);
        r_[Reg::va] = get(Field::pin_va, pin);
        return run(p_.operations[operation].entry, true);
    }

    // Properties that the state itself violates.
    StepResult check(Stuck stuck) {
        if (p_.always.entry == 0xffff) return {};
        r_[Reg::writes] = stuck.deadlocked;
        r_[Reg::page] = stuck.livelocked;
        thread_ = no_thread;
        return run(entry_of(p_.always), true);
    }
    std::uint32_t check_state(Stuck stuck) { return check(stuck).violated; }

    // Whether the thread, which works on a process and holds its ptl, has a page for itself: no
    // more than what is only touched under ptl, or all of it. For tests of the ways to a page, ...
    struct Private {
        bool locked_away = false;
        bool entirely = false;
    };
    Private is_private(unsigned thread, unsigned mm, unsigned page) {
        thread_ = thread;
        r_[Reg::mm] = static_cast<std::uint16_t>(mm);
        return {only_mine(page), nobody_elses(page, true)};
    }
    // ... as is what properties call reachable_by_others().
    bool is_shared(unsigned mm, unsigned page) { return reachable_by_others(mm, page); }

    // What code that only computes leaves in a register; the names of an event stand
    // for what is given here.
    struct EventNames {
        std::uint16_t mm = 0;
        std::uint16_t va = 0;
        std::uint16_t pin = 0;
        std::uint16_t page = 0;    // or livelocked, in `always`
        std::uint16_t writes = 0;  // operation.writes, needed; deadlocked in `always`
    };
    std::uint16_t evaluate(unsigned entry, std::uint8_t reg, const EventNames& names) {
        thread_ = no_thread;
        r_[Reg::mm] = names.mm;
        r_[Reg::va] = names.va;
        r_[Reg::pin] = names.pin;
        r_[Reg::page] = names.page;
        r_[Reg::writes] = names.writes;
        (void)run(entry, true);
        return r_[reg];
    }

private:
    template <class Other>
    friend class Machine;  // checks are made by a machine of their own

    static constexpr unsigned no_thread = 0xff;
    static constexpr Reg::File constants = Reg::at_first();

    static unsigned entry_of(const CheckCode& check) {
        return Observer::reads_checks ? check.entry : check.quick;
    }

    // g++ 12 would call these two, which takes 2 % of an exploration's time.
    [[gnu::always_inline]] std::uint16_t get(Field field, unsigned index) const {
        const auto& a = p_.access[static_cast<std::size_t>(field)];
        return static_cast<std::uint16_t>((s_.words[a.base + index * a.stride] >> a.shift) &
                                          a.mask);
    }
    [[gnu::always_inline]] void set(Field field, unsigned index, unsigned value) {
        const auto& a = p_.access[static_cast<std::size_t>(field)];
        auto& word = s_.words[a.base + index * a.stride];
        word = static_cast<std::uint16_t>((word & ~(unsigned{a.mask} << a.shift)) |
                                          ((value & a.mask) << a.shift));
    }
    // A count goes up or down, within what a state keeps of it.
    [[gnu::always_inline]] void count_up(Field field, unsigned index, unsigned by) {
        const unsigned sum = unsigned{get(field, index)} + by;
        if (sum > p_.access[static_cast<std::size_t>(field)].mask) [[unlikely]]
            return miscount(Event::overflow, field, index);
        set(field, index, sum);
    }
    [[gnu::always_inline]] void count_down(Field field, unsigned index, unsigned by) {
        const unsigned now = get(field, index);
        if (now < by) [[unlikely]]
            return miscount(Event::underflow, field, index);
        set(field, index, now - by);
    }
    [[gnu::noinline]] void miscount(Event event, Field field, unsigned index);
    // All fields of one element become 0.
    void clear(Scope scope, unsigned index) {
        const unsigned at = p_.layout.element(scope, index);
        for (unsigned w = 0; w < p_.layout.stride[static_cast<std::size_t>(scope)]; ++w)
            s_.words[at + w] = 0;
    }
    std::uint16_t* thread_words(unsigned thread) {
        if constexpr (Observer::tells_elsewhere) elsewhere_ = elsewhere_ || thread != thread_;
        return &s_.words[p_.layout.element(Scope::thread, thread)];
    }
    unsigned mms() const { return p_.layout.mms; }
    unsigned frames() const { return p_.layout.size(Scope::page); }
    unsigned pins() const { return p_.layout.size(Scope::pin); }
    unsigned threads() const { return p_.layout.size(Scope::thread); }
    unsigned slot(unsigned mm, unsigned va) const { return p_.layout.pte_index(mm, va); }

    // Compound pages; without any, each page is its own.
    bool has_thp() const { return p_.layout.has(Field::pmd); }
    unsigned head_of(unsigned page) const { return has_thp() ? p_.layout.head_of(s_, page) : page; }
    unsigned other_of(unsigned page) const {
        return has_thp() ? p_.layout.other_half(s_, page) : page;
    }
    bool same_folio(unsigned a, unsigned b) const { return head_of(a) == head_of(b); }
    unsigned leaf(unsigned mm, unsigned va, bool detached) const {
        return has_thp() ? p_.layout.leaf(s_, mm, va, detached)
                         : unsigned{get(Field::pte, slot(mm, va))};
    }
    // Whether whatever maps mm at va maps this very frame.
    bool maps(unsigned mm, unsigned va, unsigned page) const {
        const unsigned pte = leaf(mm, va, true);
        return (pte & PteBit::present) != 0 && (pte >> PteBit::frame_shift) == page;
    }

    // `entering`: the first rest on the way is where the first step begins.
    StepResult run(unsigned address, bool entering);

    // How the step at a rest commutes, in the state at hand.
    std::uint8_t mover(const Instruction& rest);
    std::uint8_t mover_of_flush(unsigned rules) const;
    bool page_rules_hold(const Instruction& rest, unsigned rules);
    bool only_mine(unsigned page);
    bool nobody_elses(unsigned page, bool ptl_held);
    bool others_may(unsigned mm, unsigned actors) const;
    bool has_other_cpu(unsigned mm) const;
    bool others_work_on(unsigned mm);
    bool child_is_new();

    bool idle(unsigned thread) { return (thread_words(thread)[0] & 0xfffU) == 0; }

    // Ways to a page (model/state/ways.h).
    template <Way way, class Visit>
    bool some_slot(Visit&& visit) const;
    template <PageTable table>
    bool is_meant(unsigned pte) const;
    template <Way way>
    unsigned process_of(unsigned index) const;
    bool is_one(unsigned a, unsigned b) const;
    template <Way way>
    bool leads_to(unsigned page) const;
    bool elsewhere_in_locals(unsigned page);
    unsigned pinned_references(unsigned page) const;
    template <Way way>
    bool comes_to_locked(unsigned page);
    template <Way way>
    bool comes_unlocked(unsigned page) const;
    bool is_in_page_tables(unsigned page) const;
    template <Way way>
    bool shares(unsigned mm, unsigned page);
    bool handler_shares(unsigned mm, unsigned page);
    bool reachable_by_others(unsigned mm, unsigned page);

    // Events and the checks that hang on them.
    void raise(Event event, unsigned mm, unsigned va, unsigned page, unsigned pin,
               unsigned writes = 0);

    // Pages.
    bool is_anon(unsigned page) const {
        return get(Field::kind, page) == static_cast<unsigned>(PageKind::anonymous);
    }
    bool allocate(unsigned& page);
    bool allocate_huge(unsigned& head);
    bool split_folio(unsigned page, unsigned extra);
    void free_page(unsigned page);
    bool is_free(unsigned page) const {
        return get(Field::kind, page) == static_cast<unsigned>(PageKind::free);
    }
    // Whether the field is kept: somebody goes by it (Program::unread_ghosts).
    bool keeps(Field field) const {
        return ((p_.unread_ghosts >> static_cast<unsigned>(field)) & 1U) == 0;
    }
    // What a program may rely on that trusts counts (Program::trusts_counts): a page that is
    // mapped, or that a handler is shown to have a reference to, is anonymous. It may be free, or
    // the swap slot, which a text may name and map.
    void see_freed(unsigned page);
    void see_mapped(unsigned pte) {
        if ((pte & PteBit::present) != 0) see_taken(pte >> PteBit::frame_shift);
    }
    // Somebody comes to have the page: by a mapping, a reference or a pin.
    void see_taken(unsigned page) {
        const auto kind = static_cast<PageKind>(get(Field::kind, page));
        if (kind == PageKind::anonymous) [[likely]]
            return;
        if (kind == PageKind::free) violated_ |= miscount_bit;
        misled_ = misled_ || p_.trusts_counts;
    }
    void drop(unsigned page, unsigned amount);

    // The ghost data.
    unsigned pins_of(unsigned mm) const;
    void content_changes(unsigned page, unsigned entitled);
    void copy_content(unsigned from, unsigned to);
    void store_value(unsigned mm, unsigned va, unsigned page, unsigned entitled, bool zeroes);
    bool has_stale_tlb(unsigned mm, unsigned va);
    bool is_translated(Field which, unsigned mm, unsigned va);
    bool is_zapping(unsigned mm, unsigned va);
    void make_stale(unsigned mm, unsigned va);
    void forget_content(unsigned mm, unsigned va);
    void end_generation(unsigned mm, unsigned va);
    void give_up(unsigned mm, unsigned va, unsigned how);
    void bar_stores(unsigned mm, unsigned va, unsigned how);
    bool holds_expected(unsigned mm, unsigned va, unsigned page) const;
    unsigned swap_cache() const;
    bool holds_the_same(unsigned a, unsigned b) const;
    bool identical(unsigned a, unsigned b);
    unsigned twin(unsigned page) const;
    unsigned swap_entries(unsigned without) const;
    unsigned references_of_pin(unsigned pin, unsigned page) const;
    unsigned count_references(unsigned page, bool with_pins) const;
    unsigned count_mappings(unsigned page) const;
    unsigned count_pmd_mappings(unsigned page) const;
    bool any_foll_pin() const;

    // References from outside.
    struct Nothing {};
    using Terms =
        std::conditional_t<Observer::outside_counts, std::array<CountTerm, Reg::count>, Nothing>;
    [[nodiscard]] CountTerm term_in(unsigned reg) const;
    void load_term(Field field, unsigned page, unsigned reg);
    [[nodiscard]] bool compare(const Instruction& i, Relation relation, bool plainly);
    [[nodiscard]] bool held_outside(unsigned page);
    [[nodiscard]] bool mapped_outside(unsigned page);

    // Steps of some size.
    void zapped(unsigned mm, unsigned va, Zap zap);
    void zap_pte(unsigned mm, unsigned va, Zap zap);
    void zap_pmd(unsigned mm, Zap zap);
    void set_leaf(unsigned mm, unsigned va, unsigned value, bool arms);
    unsigned mm_mapcount(unsigned page, unsigned mm) const {
        return (unsigned{get(Field::mm_mapcount, head_of(page))} >> (2 * mm)) & 3U;
    }
    void count_mapping(unsigned page, unsigned mm, bool more);
    void fill_table(unsigned mm, unsigned pmd);
    void cross_pins(unsigned va, unsigned page);
    bool flush(unsigned mm, unsigned va, bool all);
    void share_pte(unsigned child, unsigned va, unsigned pte);
    void copy_vma(unsigned from, unsigned to, unsigned va);
    bool next_mapping(unsigned page, bool entries);
    bool new_mm(unsigned& child);
    void start_mm(unsigned child);
    void end_mm(unsigned mm);
    void lru_add(unsigned page);
    void lru_drain(unsigned entry);
    void forget_translation(unsigned entry);
    void notify(unsigned mm, unsigned va, bool start);
    enum class Access : std::uint8_t { load, store, store_of_zeroes };
    void commit_access(unsigned page, Access access, bool stale);
    bool access_tlb(Access access);
    bool access_secondary(Access access);
    bool walk(bool store);
    void dma_write(unsigned pin);
    void bump_seq(unsigned mm);
    void begin_pin(unsigned pin, unsigned mm, unsigned va, GupFlags flags);
    void forget_pin(unsigned pin);
    void end_operation(EndOf end, unsigned page);

    const Program& p_;
    State& s_;
    [[no_unique_address]] Observer observer_;
    unsigned thread_ = no_thread;
    std::uint32_t violated_ = 0;
    bool misled_ = false;
    bool elsewhere_ = false;
    Reg::File r_;  // the others are written before they are read: compile/wellformed.h
    [[no_unique_address]] Terms terms_{};
};

}  // namespace cowcheck

#include "model/machine/machine_ghost.inl"
#include "model/machine/machine_movers.inl"
#include "model/machine/machine_outside.inl"
#include "model/machine/machine_pages.inl"
#include "model/machine/machine_steps.inl"
#include "model/machine/machine_ways.inl"

#include "model/machine/machine_run.inl"
