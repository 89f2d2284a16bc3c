// Ghost data that no property asks for (compile/ghosts.h), or can ask for any more, whatever
// happens next. A content's readers are found the way data flows: a process reads what it maps,
// what a TLB of its CPUs or a secondary MMU still translates to, or what one of its
// handlers is about to copy; a pin's holder reads the page of the pin. Data gets from
// page to page only by copies that a handler makes of a page it has in a local.
#include "checker/system/canonical.h"

#include "model/compile/flow.h"
#include "model/isa/effects.h"

#include <algorithm>

namespace cowcheck {

// Calls visit(thread, its words, its rest) for each thread that runs.
template <class Visit>
void Canonical::each_running(const State& state, Visit&& visit) const {
    const unsigned threads = p_.layout.size(Scope::thread);
    const unsigned stride = p_.layout.stride[static_cast<std::size_t>(Scope::thread)];
    const auto* words = &state.words[p_.layout.thread_words];
    for (unsigned t = 0; t < threads; ++t, words += stride)
        if (words[0] != 0) visit(t, words, p_.rests[words[0] & unsigned{info(Field::pc).mask()}]);
}

// Whatever points to a frame reads it. Returns whether some handler has another process in
// a local.
bool Canonical::look(const State& state, Pointers& pointers, Readers& readers) const {
    unsigned count = 0;
    for (const FrameSlot& slot : slots_) {
        const unsigned frame = slot.frame(state);
        pointers.frames[count++] = static_cast<std::uint8_t>(frame);
        readers[frame] |= slot.reader;
    }
    for (const FrameSlot& slot : unnamed_slots_) readers[slot.frame(state)] |= slot.reader;
    const bool named = has(p_.ways.renaming, Way::local);
    const unsigned read = has(p_.ways.readers, Way::local);
    unsigned processes = 0;
    each_running(state, [&](unsigned, const std::uint16_t* words, const Rest& rest) {
        processes |= rest.processes;
        for (unsigned i = 0; i < rest.locals; ++i) {
            const unsigned frame =
                rest.frames[i].valid(words) ? rest.frames[i].frame(words) : no_frame;
            pointers.frames[count] = static_cast<std::uint8_t>(frame);
            count += named;
            readers[frame] |= static_cast<std::uint16_t>(read << of_thread<Field::op_mm>(words));
        }
    });
    pointers.count = count;
    return processes != 0;
}

// The rests from which a handler may yet come to ask for the swap slot or the page in the swap
// cache, which any text can name, without a look at a page table before. Where it looks, a swap
// entry tells who reads them. Whether an operation asks without any look: then the ghosts are kept.
bool Canonical::find_swap_readers() {
    if (!p_.world.swap()) return false;
    const auto names_it = [&](const Instruction& i) {
        return i.code == Code::swap_cache ||
               (i.code == Code::imm && i.imm == p_.world.swap_frame()) ||
               reads_register(i, static_cast<std::uint8_t>(Reg::zero + p_.world.swap_frame()));
    };
    const auto asks_from = [&](std::size_t from) {
        std::vector<std::size_t> work{from};
        std::vector<bool> seen(p_.code.size());
        while (!work.empty()) {
            const std::size_t at = work.back();
            work.pop_back();
            if (at >= p_.code.size() || seen[at]) continue;
            seen[at] = true;
            if (names_it(p_.code[at])) return true;
            if (has(effects_of(p_.code[at]).reads, Field::pte)) continue;
            for (const std::uint16_t next : successors(p_.code[at], at)) work.push_back(next);
        }
        return false;
    };
    asks_for_swap_.assign(p_.rests.size(), false);
    for (std::size_t r = 1; r < p_.rests.size(); ++r)
        asks_for_swap_[r] = asks_from(p_.rests[r].address + 1U);
    return std::any_of(p_.operations.begin(), p_.operations.end(),
                       [&](const OperationCode& operation) { return asks_from(operation.entry); });
}

// Pages that any process may come to map: those of a file, the zeropages.
void Canonical::add_fixed(Readers& readers) const {
    for (unsigned f = p_.world.frames; f < p_.layout.size(Scope::page); ++f)
        if (!p_.world.swap() || f != p_.world.swap_frame())
            readers[f] |= static_cast<std::uint16_t>((1U << p_.layout.mms) - 1U);
}

// Who has a migration entry reads what the kernel is about to put there; who has a swap
// entry what the slot holds, or the swap cache, or what a handler is about to put there.
void Canonical::add_entries(const State& state, Readers& readers) const {
    const Layout& l = p_.layout;
    const WaySet used = p_.ways.readers;
    unsigned swapped = 0;    // processes with a swap entry
    unsigned migrating = 0;  // ... with a migration entry
    for (unsigned mm = 0; mm < l.mms; ++mm)
        for (unsigned va = 0; va < l.pages; ++va) {
            const unsigned pte = l.get(state, Field::pte, l.pte_index(mm, va));
            migrating |= unsigned{row_of(Way::migration_entry).slots.value.lead(pte)} << mm;
            swapped |= unsigned{row_of(Way::swap_slot).slots.value.lead(pte)} << mm;
        }
    each_running(state, [&](unsigned, const std::uint16_t* words, const Rest& rest) {
        for (unsigned i = 0; i < rest.locals; ++i) {
            const FrameLocal& local = rest.frames[i];
            if (local.present_shift == 0xff) continue;
            const unsigned pte = unsigned{words[local.word]} >> local.present_shift;
            if (row_of(Way::swap_slot).slots.value.lead(pte))
                swapped |= 1U << of_thread<Field::op_mm>(words);
        }
    });
    unsigned of_slot = swapped;
    each_running(state, [&](unsigned t, const std::uint16_t* words, const Rest&) {
        if (!asks_for_swap_.empty() && asks_for_swap_[words[0] & unsigned{info(Field::pc).mask()}])
            of_slot |= p_.world.threads[t].actor == Actor::cpu
                           ? 1U << of_thread<Field::op_mm>(words)
                           : (1U << l.mms) - 1U;
    });
    for (unsigned f = 0; of_slot != 0 && f < l.size(Scope::page); ++f)
        if ((has(used, Way::swap_slot) && f == p_.world.swap_frame()) ||
            (has(used, Way::swap_cache) && l.get(state, Field::swapcache, f) != 0))
            readers[f] |= static_cast<std::uint16_t>(of_slot);
    // Any page may be put into the slot, or the swap cache, that somebody waits for: a design
    // need not count the slot's entries right.
    const unsigned awaiting = has(used, Way::swap_slot) ? swapped : 0U;
    for (unsigned f = 0; awaiting != 0 && f < p_.world.frames; ++f)
        readers[f] |= static_cast<std::uint16_t>(awaiting);
    const unsigned remapping = has(used, Way::migration_entry) ? migrating : 0U;
    each_running(state, [&](unsigned t, const std::uint16_t* words, const Rest& rest) {
        const bool kernel = p_.world.threads[t].actor == Actor::kernel;
        for (unsigned i = 0; i < rest.locals; ++i)
            if (rest.frames[i].valid(words))
                readers[rest.frames[i].frame(words)] |=
                    static_cast<std::uint16_t>(kernel ? remapping : 0U);
    });
}

// Whoever works on one page of a THP may come to hold all of it.
void Canonical::add_other_halves(const State& state, Readers& readers) const {
    const Layout& l = p_.layout;
    for (const FrameSlot& slot : slots_)
        if (const unsigned frame = slot.frame(state); slot.of_page_table && frame != no_frame)
            readers[l.other_half(state, frame)] |= slot.reader;
    each_running(state, [&](unsigned, const std::uint16_t* words, const Rest& rest) {
        for (unsigned i = 0; i < rest.locals; ++i)
            if (rest.frames[i].valid(words))
                readers[l.other_half(state, rest.frames[i].frame(words))] |=
                    static_cast<std::uint16_t>(1U << of_thread<Field::op_mm>(words));
    });
}

// A fork may yet give its child whatever the parent maps. What the child should read is what the
// parent should, so that of what the child has already, both is asked.
void Canonical::add_children(const State& state, Readers& readers) const {
    each_running(state, [&](unsigned, const std::uint16_t* words, const Rest& rest) {
        const unsigned parent = 1U << of_thread<Field::op_mm>(words);
        for (unsigned i = 0; i < rest.processes; ++i) {
            const unsigned child =
                1U << ((unsigned{words[rest.mms[i].word]} >> rest.mms[i].shift) & 3U);
            for (auto& bits : readers)
                if ((bits & (parent | child)) != 0)
                    bits |= static_cast<std::uint16_t>(parent | child);
        }
    });
}

// What only these readers leave of the ghosts.
void Canonical::forget(State& state, const Readers& readers) const {
    const Layout& l = p_.layout;
    const unsigned processes = (1U << l.mms) - 1U;
    // Of each process the pins that are still to be filled: what it reads, they may hold.
    std::array<unsigned, Limits::processes> pending{};
    bool some_pending = false;
    for (unsigned i = 0; i < l.size(Scope::pin); ++i) {
        const unsigned pin = state.words[l.element(Scope::pin, i)];
        const bool is_pending = (pin & 3U) == static_cast<unsigned>(PinState::pending);
        pending[(pin >> info(Field::pin_mm).shift) & 3U] |= unsigned{is_pending} << (l.mms + i);
        some_pending = some_pending || is_pending;
    }
    unsigned kept = 0;  // expectations that tell that two pages hold the same
    const bool searches = has(p_.ways.readers, Way::twin);
    for (unsigned f = 0, seen = 0; searches && f < l.size(Scope::page); ++f) {
        const unsigned expected = readers[f] != 0 ? l.get(state, Field::expected, f) : 0U;
        kept |= seen & expected;
        seen |= expected;
    }
    const unsigned stride = l.stride[static_cast<std::size_t>(Scope::page)];
    auto* page = &state.words[l.element(Scope::page, 0)];
    for (unsigned f = 0; f < l.size(Scope::page); ++f, page += stride) {
        unsigned entitled = readers[f];
        unsigned expected = expects_[entitled & processes];
        if (searches && entitled != 0) {
            entitled |= processes;  // whoever may see it may come to map it by way of ksmd
            expected |= kept;
        }
        for (unsigned mm = 0; some_pending && mm < l.mms; ++mm)
            entitled |= ((entitled >> mm) & 1U) != 0 ? pending[mm] : 0U;
        constexpr FieldInfo zeroed = info(Field::zeroed);
        if (((page[zeroed.word] >> zeroed.shift) & 1U) != 0)
            entitled = 0;  // zeroes are everybody's
        auto& ghosts = page[info(Field::expected).word];
        ghosts = static_cast<std::uint16_t>(ghosts & ((entitled << 8U) | expected));
    }
}

void Canonical::forget_unread_ghosts(State& state) const {
    for (std::size_t w = 0; w < read_.size(); ++w) state.words[w] &= read_[w];
}

void Canonical::forget_dead_ghosts(State& state, Pointers& pointers) const {
    Readers readers{};
    const bool forks = look(state, pointers, readers);
    const WaySet used = p_.ways.readers;
    if (has(used, Way::other_half)) add_other_halves(state, readers);
    if ((used & ways(Way::migration_entry, Way::swap_cache, Way::swap_slot)) != 0)
        add_entries(state, readers);
    if (has(used, Way::fixed)) add_fixed(readers);
    if (forks) add_children(state, readers);
    forget(state, readers);
}

}  // namespace cowcheck
