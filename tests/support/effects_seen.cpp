#include "tests/support/effects_seen.h"

#include "model/machine/expand.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <string_view>
#include <type_traits>

namespace cowcheck::test {

namespace {

constexpr unsigned nobody = 0xff;  // no thread: a device, a check

// ---- the columns of Effects, one after the other

template <class E, class Visit>
void each_column(E& effects, Visit&& visit) {
    visit("operand", effects.operands);
    visit("result", effects.results);
    visit("reads", effects.reads);
    visit("updates", effects.updates);
    visit("writes", effects.writes);
    visit("clears", effects.clears);
    visit("reads of others", effects.others_read);
    visit("updates of others", effects.others_updated);
    visit("writes of others", effects.others_written);
    visit("asks", effects.asks);
    visit("reads for outside", effects.outside_reads);
    visit("takes", effects.takes);
    visit("tries", effects.tries);
    visit("gives", effects.gives);
    visit("waits for", effects.waits_for);
    visit("blocks", effects.blocks);
    visit("allocates", effects.allocates);
    visit("frees", effects.frees);
    visit("raises", effects.raises);
    visit("opens", effects.opens);
    visit("closes", effects.closes);
}

constexpr auto code_names = std::to_array<std::string_view>({
#define X(name) #name,
    COWCHECK_CODES(X)
#undef X
});
constexpr std::array<std::string_view, way_count> way_names{
    "pte",        "tlb",       "local",           "pin",  "lru_batch",     "secondary_mmu",
    "swap_cache", "swap_slot", "migration_entry", "twin", "detached_table"};
constexpr std::array<std::string_view, 8> lock_names{
    "mmap_read", "mmap_write", "ptl", "irqs_off", "page", "seq", "vma_read", "vma_write"};
constexpr std::array<std::string_view, 6> operand_names{"a", "b", "c", "mm", "va", "pin"};
constexpr std::array<std::string_view, 5> blocked_names{"no", "lock", "frames", "userfault",
                                                        "interrupts"};

std::string bit_name(std::string_view column, unsigned bit) {
    const auto name = [&](const auto& names) {
        return bit < names.size() ? std::string(names[bit]) : std::to_string(bit);
    };
    if (column == "operand" || column == "result") return name(operand_names);
    if (column == "takes" || column == "tries" || column == "gives" || column == "waits for")
        return name(lock_names);
    if (column == "blocks") return name(blocked_names);
    if (column == "allocates" || column == "frees") return "";
    if (column == "raises") return std::string(event_table[bit].name);
    if (column == "opens" || column == "closes") return name(way_names);
    return bit == 63 ? "locals" : std::string(field_table[bit].name);
}

std::string name_of(const SeenKey& key) {
    std::string text(code_names[static_cast<std::size_t>(key.code)]);
    if (key.imm != 0) text += " " + std::to_string(key.imm);
    if (key.c != 0 && key.target == 0) text += " of " + std::string(field_table[key.c].name);
    return key.outside ? text + " (outside)" : text;
}

// ---- what is where in a state

struct Bits {
    Field field = Field::life;  // unless it is a local
    bool local = false;
    unsigned element = 0;
    unsigned word = 0;
    std::uint16_t mask = 0;
    std::uint8_t shift = 0;
    Scope scope = Scope::mm;
    [[nodiscard]] FieldSet set() const { return local ? locals_bit : fields(field); }
};

class Places {
public:
    explicit Places(const Layout& layout) : layout_(layout), of_word_(layout.words) {
        for (std::size_t i = 0; i < field_table.size(); ++i) {
            const auto field = static_cast<Field>(i);
            const FieldInfo& f = info(field);
            for (unsigned e = 0; layout.has(field) && e < layout.size(f.scope); ++e)
                add({field, false, e, layout.element(f.scope, e) + f.word,
                     static_cast<std::uint16_t>(f.mask() << f.shift), f.shift, f.scope});
        }
        const auto stride = layout.stride[static_cast<std::size_t>(Scope::thread)];
        for (unsigned t = 0; t < layout.size(Scope::thread); ++t)
            for (unsigned w = first_local_word; w < stride; ++w) {
                const unsigned fixed = w == first_local_word ? (1U << first_local_bit) - 1U : 0U;
                add({Field::life, true, t, layout.element(Scope::thread, t) + w,
                     static_cast<std::uint16_t>(~fixed), 0, Scope::thread});
            }
    }

    [[nodiscard]] const std::vector<Bits>& all() const { return all_; }

    struct Difference {
        FieldSet own = 0;
        FieldSet others = 0;
    };
    // Where two states are different, but for these bits.
    [[nodiscard]] Difference difference(const State& one, const State& other, unsigned thread,
                                        const Bits* but = nullptr) const {
        Difference result;
        for (unsigned w = 0; w < of_word_.size(); ++w) {
            unsigned changed = unsigned{one.words[w]} ^ unsigned { other.words[w] };
            if (but != nullptr && but->word == w) changed &= ~unsigned{but->mask};
            if (changed == 0) continue;
            for (const std::size_t i : of_word_[w]) {
                const Bits& bits = all_[i];
                if ((changed & bits.mask) == 0) continue;
                const bool others = bits.scope == Scope::thread && bits.element != thread;
                (others ? result.others : result.own) |= bits.set();
            }
        }
        return result;
    }

private:
    void add(const Bits& bits) {
        of_word_[bits.word].push_back(all_.size());
        all_.push_back(bits);
    }

    const Layout& layout_;
    std::vector<Bits> all_;
    std::vector<std::vector<std::size_t>> of_word_;
};

// A value of the field that a world of this size can have.
unsigned random_value(const Program& program, const Bits& bits, unsigned now, Random& random) {
    const Layout& l = program.layout;
    const unsigned frames = l.size(Scope::page);
    const auto entry = [&] {
        const unsigned kinds[] = {now,
                                  below(random, 0x100),
                                  PteBit::present,
                                  PteBit::migration,
                                  PteBit::swap,
                                  PteBit::present | PteBit::writable,
                                  PteBit::present | PteBit::writable | PteBit::referenced,
                                  0,
                                  l.has(Field::pmd) ? PteBit::present | PteBit::huge : 1U};
        unsigned value = kinds[below(random, std::size(kinds))] & 0xffU;
        if (below(random, 2) == 0) value ^= 1U << below(random, 8);
        const unsigned frame = below(random, 2) == 0
                                   ? std::min(now >> PteBit::frame_shift, frames - 1)
                                   : below(random, frames);
        return value | (frame << PteBit::frame_shift);
    };
    if (bits.local) return below(random, frames) * 0x1111U;  // see has_frames_of_world()
    switch (bits.field) {
    case Field::pte:
    case Field::pmd:
    case Field::spte: return entry();
    case Field::other_half:
    case Field::pin_page:
    case Field::tlb_page:
    case Field::batch_page: return below(random, frames);
    case Field::pin_mm:
    case Field::op_mm: return below(random, l.mms);
    case Field::pin_va:
    case Field::op_va: return below(random, l.pages);
    case Field::op_pin: return below(random, std::max(1U, l.size(Scope::pin)));
    case Field::pin_state:
    case Field::compound: return below(random, 3);
    case Field::pc: return below(random, 2) == 0 ? 0U : below(random, program.rests.size());
    case Field::refcount:
        return below(random, 2) == 0 ? 1 : below(random, 2) == 0 ? below(random, 5) : now + 1024;
    default: {
        const unsigned width = info(bits.field).bits;
        return width > 4 ? now ^ (1U << below(random, width)) : below(random, 1U << width);
    }
    }
}

// Whether what locals say of pages is so; `mend` makes it so.
bool has_frames_of_world(const Program& program, State& state, bool mend) {
    const Layout& l = program.layout;
    const unsigned frames = l.size(Scope::page);
    for (unsigned t = 0; t < l.size(Scope::thread); ++t) {
        std::uint16_t* words = &state.words[l.element(Scope::thread, t)];
        const Rest& rest = program.rests[l.get(state, Field::pc, t)];
        for (unsigned i = 0; i < rest.locals; ++i) {
            const FrameLocal& local = rest.frames[i];
            if (local.frame(words) < frames) continue;
            if (!mend) return false;
            const unsigned mask = unsigned{PteBit::frame_mask} << local.shift;
            words[local.word] = static_cast<std::uint16_t>(words[local.word] & ~mask);
        }
    }
    return true;
}

void put(State& state, const Bits& bits, unsigned value) {
    auto& word = state.words[bits.word];
    word = static_cast<std::uint16_t>((word & ~bits.mask) | ((value << bits.shift) & bits.mask));
}
unsigned value_in(const State& state, const Bits& bits) {
    return (unsigned{state.words[bits.word]} & bits.mask) >> bits.shift;
}

// ---- the ways to pages

// Each as way * 2^16 + place * 2^8 + page, sorted.
std::vector<std::uint32_t> ways_in(const Layout& l, const State& s, unsigned slot_frame) {
    std::vector<std::uint32_t> all;
    const auto add = [&](Way way, unsigned place, unsigned page) {
        all.push_back((static_cast<std::uint32_t>(way) << 16U) | (place << 8U) | page);
    };
    const auto get = [&](Field field, unsigned i) { return l.get(s, field, i); };
    for (unsigned i = 0; i < l.size(Scope::pte); ++i) {
        const unsigned entry = get(Field::pte, i);
        const unsigned pmd = get(Field::pmd, i / l.pages);
        const bool detached = l.has(Field::pmd) && (pmd == 0 || (pmd & PteBit::huge) != 0);
        if ((pmd & PteBit::huge) != 0) add(Way::pte, 64 + i, pmd >> PteBit::frame_shift);
        if ((entry & PteBit::present) != 0)
            add(detached ? Way::detached_table : Way::pte, i, entry >> PteBit::frame_shift);
        if (is_migration_entry(entry)) add(Way::migration_entry, i, entry >> PteBit::frame_shift);
        if ((entry & (PteBit::present | PteBit::migration)) == 0 && (entry & PteBit::swap) != 0)
            add(Way::swap_slot, i, slot_frame);
        if ((get(Field::spte, i) & PteBit::present) != 0)
            add(Way::secondary_mmu, i, get(Field::spte, i) >> PteBit::frame_shift);
    }
    for (unsigned i = 0; i < l.size(Scope::tlb); ++i) {
        if (get(Field::tlb_valid, i) != 0) add(Way::tlb, i, get(Field::tlb_page, i));
        if (get(Field::batch_valid, i) != 0) add(Way::lru_batch, i, get(Field::batch_page, i));
    }
    for (unsigned i = 0; i < l.size(Scope::pin); ++i)
        if (get(Field::pin_state, i) == static_cast<unsigned>(PinState::held))
            add(Way::pin, i, get(Field::pin_page, i));
    for (unsigned f = 0; f < l.size(Scope::page); ++f) {
        if (get(Field::swapcache, f) != 0) add(Way::swap_cache, f, f);
        for (unsigned g = 0; g < f; ++g)
            if (f != slot_frame && ((get(Field::zeroed, f) != 0 && get(Field::zeroed, g) != 0) ||
                                    (get(Field::expected, f) & get(Field::expected, g)) != 0))
                add(Way::twin, f, g);
    }
    // Which locals hold pages only a rest says; any may.
    const auto stride = l.stride[static_cast<std::size_t>(Scope::thread)];
    for (unsigned t = 0; t < l.size(Scope::thread); ++t)
        for (unsigned w = first_local_word; w < stride; ++w) {
            unsigned word = s.words[l.element(Scope::thread, t) + w];
            if (w == first_local_word) word >>= first_local_bit;
            for (unsigned bit = 0; bit < 16; ++bit)
                if ((word >> bit & 1U) != 0) add(Way::local, t * 8 + w, bit);
        }
    std::sort(all.begin(), all.end());
    return all;
}

void note_ways(const Program& program, const State& before, const State& after, Effects& seen) {
    const unsigned slot = program.world.swap() ? program.world.swap_frame() : nobody;
    const auto first = ways_in(program.layout, before, slot);
    const auto then = ways_in(program.layout, after, slot);
    const auto note = [](const auto& in, const auto& not_in, WaySet& set) {
        std::vector<std::uint32_t> only;
        std::set_difference(in.begin(), in.end(), not_in.begin(), not_in.end(),
                            std::back_inserter(only));
        for (const std::uint32_t one : only) set |= static_cast<WaySet>(1U << (one >> 16U));
    };
    note(then, first, seen.opens);
    note(first, then, seen.closes);
}

// ---- locks

struct LockField {
    Field field;
    std::uint8_t lock;
};
constexpr auto lock_fields = std::to_array<LockField>({
    {Field::mmap_readers, Held::mmap_read},
    {Field::mmap_writer, Held::mmap_write},
    {Field::ptl, Held::ptl},
    {Field::locked, Held::page},
    {Field::write_protect_seq, Held::seq},
    {Field::vma_readers, Held::vma_read},
    {Field::vma_writer, Held::vma_write},
});

void note_locks(const Layout& l, Code code, const State& before, const State& after,
                Effects& seen) {
    // Where interrupts are off, a state does not say.
    unsigned taken = code == Code::irqs_off ? Held::irqs_off : 0U;
    if (code == Code::irqs_on) seen.gives |= Held::irqs_off;
    for (const LockField& one : lock_fields) {
        const bool page = info(one.field).scope == Scope::page;
        for (unsigned e = 0; l.has(one.field) && e < l.size(info(one.field).scope); ++e) {
            // What is freed has no lock; nor has a process that is gone.
            if (l.get(after, page ? Field::kind : Field::life, e) == 0) continue;
            const unsigned was = l.get(before, one.field, e);
            const unsigned is = l.get(after, one.field, e);
            if (is > was) taken |= one.lock;
            if (is < was) seen.gives |= one.lock;
        }
    }
    seen.takes |= static_cast<std::uint8_t>(taken);
    seen.tries |= static_cast<std::uint8_t>(~taken);  // of those that it ever takes
}

// What a change of the state shows. `real`: not from a state that was made up, where locks may be
// held by nobody.
void note_change(const Program& program, const Places& places, unsigned thread, Code code,
                 const State& before, const State& after, bool real, bool with_ways,
                 Effects& seen) {
    if (real && code != Code::split_folio)  // there it moves from the THP to the page
        note_locks(program.layout, code, before, after, seen);
    if (before == after) return;
    const Places::Difference changed = places.difference(before, after, thread);
    seen.writes |= changed.own;
    seen.others_written |= changed.others;
    for (unsigned f = 0; f < program.layout.size(Scope::page); ++f) {
        const unsigned was = program.layout.get(before, Field::kind, f);
        const unsigned is = program.layout.get(after, Field::kind, f);
        seen.allocates = seen.allocates || (was == 0 && is != 0);
        seen.frees = seen.frees || (was != 0 && is == 0);
    }
    if (with_ways) note_ways(program, before, after, seen);
}

// What registers hold, a letter each for a, b and c: a page, an mm, a va, an entry (of a page
// table), an index (of a PTE), a cpu, a pin, a truth; '.' says nothing. Of codes that are not here
// they are truths.
struct OperandKinds {
    Code code;
    std::string_view kinds;
};
constexpr auto operand_kinds = std::to_array<OperandKinds>({
    {Code::end, "p.."},
    {Code::move, ".e."},
    {Code::store, "t.."},
    {Code::store_local, "e.."},
    {Code::pte_index, ".mv"},
    {Code::tlb_index, ".cv"},
    {Code::bit, ".e."},
    {Code::put_bit, "e.t"},
    {Code::frame, ".e."},
    {Code::leaf, ".mv"},
    {Code::head, ".p."},
    {Code::other, ".p."},
    {Code::large_mapcount, ".p."},
    {Code::mapped_shared, ".p."},
    {Code::count_mapping, "pm."},
    {Code::subpage, ".pv"},
    {Code::put_frame, "e.p"},
    {Code::is_anon, ".p."},
    {Code::is_counted, ".p."},
    {Code::is_migration, ".e."},
    {Code::is_free, ".p."},
    {Code::lock_page, "p.."},
    {Code::unlock_page, "p.."},
    {Code::trylock_page, ".p."},
    {Code::wait_page, "p.."},
    {Code::lru_add, "p.."},
    {Code::get, "p.."},
    {Code::try_get, ".p."},
    {Code::put, "p.."},
    {Code::copy, ".p."},
    {Code::next_mapping, ".p."},
    {Code::twin, ".p."},
    {Code::identical, ".pp"},
    {Code::swap_write, "p.."},
    {Code::set_pte, "ei."},
    {Code::set_leaf, "emv"},
    {Code::set_pmd, "em."},
    {Code::fill_table, "em."},
    {Code::copy_huge, ".e."},
    {Code::copy_into, "pp."},
    {Code::split_folio, ".p."},
    {Code::share_pte, "e.m"},
    {Code::start_mm, "m.."},
    {Code::note_shared, "e.."},
    {Code::entitled_mm, ".mp"},
    {Code::entitled_pin, ".np"},
    {Code::holds_expected, ".mp"},
    {Code::zapping, ".mv"},
    {Code::wp_promised, ".mv"},
    {Code::quiet_mm, ".m."},
    {Code::references, ".p."},
    {Code::mappings, ".p."},
    {Code::pmd_mappings, ".p."},
    {Code::reachable, ".mp"},
    {Code::mapped_outside, ".p."},
});

char kind_of(const Instruction& i, std::uint8_t operand) {
    switch (operand) {
    case Operand::mm: return 'm';
    case Operand::va: return 'v';
    case Operand::pin: return 'n';
    default: break;
    }
    const bool element = i.code == Code::load || i.code == Code::store ||
                         i.code == Code::add_field || i.code == Code::sub_field;
    if (element && operand == Operand::b) switch (info(static_cast<Field>(i.c)).scope) {
        case Scope::mm: return 'm';
        case Scope::pte: return 'i';
        case Scope::page: return 'p';
        case Scope::pin: return 'n';
        default: return 't';
        }
    for (const OperandKinds& one : operand_kinds)
        if (one.code == i.code)
            return one.kinds[static_cast<std::size_t>(std::countr_zero(operand))];
    return 't';
}

std::uint16_t any_value(const Program& program, char kind, Random& random) {
    const Layout& l = program.layout;
    const auto number = [&](unsigned n) {
        return static_cast<std::uint16_t>(below(random, std::max(n, 1U)));
    };
    switch (kind) {
    case 'p': return number(l.size(Scope::page));
    case 'm': return number(l.mms);
    case 'v': return number(l.pages);
    case 'i': return number(l.size(Scope::pte));
    case 'n': return number(l.size(Scope::pin));
    case 'c': return number(l.size(Scope::tlb) / l.pages);
    case 'e':
        return static_cast<std::uint16_t>(
            random_value(program, Bits{Field::pte, false, 0, 0, 0xfff, 0, Scope::pte}, 0, random));
    default: return number(2);
    }
}

// Which operands of an instruction name a register.
std::uint8_t names_of(const Instruction& i, unsigned reg) {
    std::uint8_t names = 0;
    for (unsigned bit = 0; bit < 6; ++bit)
        if (register_of(i, static_cast<std::uint8_t>(1U << bit)) == reg)
            names |= static_cast<std::uint8_t>(1U << bit);
    return names;
}

// ---- an instruction that runs again, alone

using TermFile = std::array<CountTerm, Reg::count>;

// Where an instruction was about to run.
struct Instance {
    Instruction instruction;
    unsigned thread = nobody;
    State state;
    Reg::File registers{};
    TermFile terms{};
    bool real = true;  // some text runs it there
};

struct SeenEvent {
    Event event = Event::load;
    unsigned mm = 0;
    unsigned va = 0;
    unsigned page = 0;
    unsigned pin = 0;
    unsigned writes = 0;
    friend bool operator==(const SeenEvent&, const SeenEvent&) = default;
};

struct Outcome {
    Blocked blocked = Blocked::no;
    State state;
    Reg::File registers{};
    CountTerm term;  // in register a, if it is an open one
    unsigned next = 0;
    bool went_on = false;  // it was not the end of the step
    std::vector<SeenEvent> events;
    std::uint32_t violated = 0;
};

struct Left {};  // the instruction is over

struct Probe {
    const Instance* from = nullptr;
    Outcome* outcome = nullptr;
    bool began = false;
    bool asked = false;  // the check of an event has begun
};

struct CheckProbe : NoObserver {
    static constexpr bool shows_registers = true;
    Probe* probe = nullptr;

    explicit CheckProbe(Probe* to) : probe(to) {}
    template <class Terms>
    void registers(const Reg::File& file, Terms& /*terms*/) const {
        if (!probe->asked) probe->outcome->events.back().writes = file[Reg::writes];
        probe->asked = true;
    }
    [[nodiscard]] CheckProbe of_checks() const { return *this; }
};

struct StepProbe : NoObserver {
    static constexpr bool shows_registers = true;
    Probe* probe = nullptr;

    explicit StepProbe(Probe* to) : probe(to) {}
    void at(unsigned address) const { probe->outcome->next = address; }
    template <class Terms>
    void registers(Reg::File& file, Terms& terms) const {
        constexpr bool has_terms = std::is_same_v<Terms, TermFile>;
        if (!probe->began) {
            probe->began = true;
            file = probe->from->registers;
            if constexpr (has_terms) terms = probe->from->terms;
            return;
        }
        probe->outcome->registers = file;
        if constexpr (has_terms) {
            const CountTerm& term = terms[probe->from->instruction.a % Reg::count];
            if (term.open) probe->outcome->term = term;
        }
        probe->outcome->went_on = true;
        // Only at the end it says what is violated.
        const Code code = probe->from->instruction.code;
        const bool checks = code == Code::check || code == Code::assert_;
        if (!checks || probe->from->thread != nobody) throw Left{};
    }
    void event(Event event, unsigned mm, unsigned va, unsigned page, unsigned pin) const {
        probe->outcome->events.push_back({event, mm, va, page, pin, 0});
        probe->asked = false;
    }
    [[nodiscard]] CheckProbe of_checks() const { return CheckProbe(probe); }
};

class Again {
public:
    Again(const Program& program, Random& random, SeenEffects& all)
        : program_(program), real_(program), places_(program.layout), random_(random), all_(all),
          base_(static_cast<std::uint16_t>(program.code.size())) {
        program_.code.insert(program_.code.end(), 4, Instruction{Code::end});
        program_.code[base_].code = Code::rest;
        for (Rest& rest : program_.rests) rest.address = base_;
        program_.always.entry = program_.always.quick = static_cast<std::uint16_t>(base_ + 1U);
    }

    [[nodiscard]] const Places& places() const { return places_; }

    void try_out(const Instance& instance) {
        instruction_ = instance.instruction;
        program_.code[base_ + 1U] = instruction_;
        seen_ = &all_.of(key_of(instruction_, program_.world.has_outside()));
        from_states_like(instance, instance.real);
        for (unsigned i = 0; i < 3; ++i) {
            Instance other = instance;
            for (const Bits& bits : places_.all())
                if (below(random_, 2U << i) == 0 && !makes_folios(bits))
                    put(other.state, bits,
                        random_value(real_, bits, value_in(other.state, bits), random_));
            settle(other);
            from_states_like(other, false);
        }
    }

    // An instruction with operands at random, in a state: what no shipped text says, a design or a
    // property may say all the same. Nothing if the world has not what it is about.
    [[nodiscard]] std::optional<Instance> any(Code code, const State& state) {
        const World& world = real_.world;
        const Layout& l = real_.layout;
        if ((needs_thp(code) && !world.thp()) || (code == Code::swap_write && !world.swap()) ||
            code == Code::rest || code == Code::jump || code == Code::load_local ||
            code == Code::store_local)
            return std::nullopt;
        Instance one;
        one.real = false;
        one.state = state;
        Instruction& i = one.instruction;
        i.code = code;
        i.a = Reg::scratch;
        i.b = Reg::scratch + 1;
        i.c = Reg::scratch + 2;
        i.imm = static_cast<std::uint16_t>(
            code == Code::bit || code == Code::put_bit
                ? 1U << below(random_, 8)
                : below(random_, code == Code::end || code == Code::copy ? 3 : 4));
        i.target = static_cast<std::uint16_t>(base_ + 3U);
        const NamedField named = effect_table.rows[static_cast<std::size_t>(code)].named;
        if (named != NamedField::none) {
            i.c = static_cast<std::uint8_t>(below(random_, field_table.size()));
            // Designs store few of the fields.
            if (code != Code::load) {
                const auto stored =
                    std::find_if(real_.code.begin(), real_.code.end(),
                                 [&](const Instruction& other) { return other.code == code; });
                if (stored == real_.code.end()) return std::nullopt;
                i.c = stored->c;
            }
            const auto field = static_cast<Field>(i.c);
            if (!l.has(field) || info(field).scope == Scope::thread ||
                info(field).scope == Scope::outside || l.size(info(field).scope) == 0)
                return std::nullopt;
        }
        if (code == Code::wp_returned || code == Code::wp_resolved)
            i.c = static_cast<std::uint8_t>(below(random_, 2));
        const std::uint8_t operands =
            effect_table.rows[static_cast<std::size_t>(code)].effects.operands;
        if (((operands & Operand::pin) != 0 || code == Code::end || code == Code::entitled_pin) &&
            l.size(Scope::pin) == 0)
            return std::nullopt;
        for (unsigned bit = 0; bit < 6; ++bit) {
            const auto operand = static_cast<std::uint8_t>(1U << bit);
            if (operand == Operand::c && named != NamedField::none) continue;
            one.registers[register_of(i, operand)] = any_value(real_, kind_of(i, operand), random_);
        }
        settle(one);
        const bool asks = code >= Code::entitled_mm || code == Code::check || code == Code::assert_;
        one.thread =
            asks && (code == Code::check || code == Code::assert_ || below(random_, 2) == 0)
                ? nobody
                : below(random_, world.threads.size());
        return one;
    }

private:
    // What is so in any state: a page with the allocator is empty; a PMD maps the head of a THP; a
    // pin under way is not held.
    void settle(Instance& instance) const {
        const Layout& l = real_.layout;
        (void)has_frames_of_world(real_, instance.state, true);
        const unsigned words = l.stride[static_cast<std::size_t>(Scope::page)];
        for (unsigned f = 0; f < l.size(Scope::page); ++f)
            if (l.get(instance.state, Field::kind, f) == 0)
                std::fill_n(&instance.state.words[l.element(Scope::page, f)], words,
                            std::uint16_t{0});
        for (unsigned mm = 0; l.has(Field::pmd) && mm < l.mms; ++mm)
            if (const unsigned pmd = l.get(instance.state, Field::pmd, mm);
                (pmd & PteBit::huge) != 0)
                l.set(instance.state, Field::pmd, mm,
                      (pmd & 0xffU) | (l.head_of(instance.state, pmd >> PteBit::frame_shift)
                                       << PteBit::frame_shift));
        if (instance.instruction.code == Code::end && l.size(Scope::pin) != 0)
            l.set(instance.state, Field::pin_state, instance.registers[Reg::pin],
                  static_cast<unsigned>(PinState::pending));
    }

    static bool needs_thp(Code code) {
        constexpr std::array codes{Code::large_mapcount, Code::mapped_shared, Code::count_mapping,
                                   Code::subpage,        Code::set_leaf,      Code::set_pmd,
                                   Code::fill_table,     Code::zap_pmd,       Code::alloc_huge,
                                   Code::copy_huge,      Code::split_folio,   Code::pmd_mappings};
        return std::find(codes.begin(), codes.end(), code) != codes.end();
    }

    // Which pages are one: if that contradicts itself, so does what follows from it.
    static bool makes_folios(const Bits& bits) {
        return !bits.local && (bits.field == Field::compound || bits.field == Field::other_half);
    }

    Outcome run(const Instance& instance) {
        all_.count_again();
        Outcome outcome;
        outcome.state = instance.state;
        outcome.registers = instance.registers;
        Probe probe{&instance, &outcome};
        const auto step = [&](auto machine) {
            try {
                const StepResult result = instance.thread != nobody ? machine.step(instance.thread)
                                                                    : machine.check(false);
                outcome.blocked = result.blocked;
                outcome.violated = result.violated;
            } catch (const Left&) {}
        };
        if (program_.world.has_outside()) {
            KnownNumbers known = known_numbers(program_, program_.world.transient);
            using Observer = WithOutside<StepProbe, KnownNumbers>;
            step(Machine<Observer>(program_, outcome.state, Observer(StepProbe(&probe), &known)));
        } else {
            step(Machine<StepProbe>(program_, outcome.state, StepProbe(&probe)));
        }
        return outcome;
    }

    void from_states_like(const Instance& instance, bool real) {
        const Outcome first = run(instance);
        note(instance, first, real, true);
        for (const Bits& bits : places_.all())
            for (unsigned i = 0; i < 2; ++i) {
                Instance other = instance;
                const unsigned now = value_in(instance.state, bits);
                put(other.state, bits, random_value(real_, bits, now, random_));
                if (other.state == instance.state ||
                    !has_frames_of_world(real_, other.state, false))
                    continue;
                const Outcome then = run(other);
                note(other, then, false, false);
                compare(instance, first, other, then, bits);
            }
        for (unsigned bit = 0; bit < 6; ++bit)
            other_register(instance, first, static_cast<std::uint8_t>(1U << bit));
    }

    void note(const Instance& instance, const Outcome& outcome, bool real, bool with_ways) {
        Effects& seen = seen_->effects;
        if (outcome.blocked != Blocked::no) {
            seen.blocks |= blocked_bit(outcome.blocked);
            return;
        }
        for (const SeenEvent& event : outcome.events) seen.raises |= event_bit(event.event);
        note_change(real_, places_, instance.thread, instruction_.code, instance.state,
                    outcome.state, real, with_ways, seen);
        for (unsigned reg = 0; reg < Reg::count; ++reg)
            if (outcome.registers[reg] != instance.registers[reg])
                seen_->results.insert(names_of(instruction_, reg));
    }

    // What does not follow from the state, but from the registers before.
    [[nodiscard]] static bool differs(const Outcome& one, const Outcome& other) {
        const auto events = [](const Outcome& outcome) {  // see Effects::updates
            std::vector<SeenEvent> all;
            for (const SeenEvent& event : outcome.events)
                if (event.event != Event::underflow && event.event != Event::overflow)
                    all.push_back(event);
            return all;
        };
        return one.next != other.next || one.violated != other.violated ||
               one.went_on != other.went_on || !(one.term == other.term) ||
               events(one) != events(other);
    }

    // One thing in the state was different.
    void compare(const Instance& from, const Outcome& first, const Instance& other,
                 const Outcome& then, const Bits& bits) {
        Effects& seen = seen_->effects;
        const bool others = bits.scope == Scope::thread && bits.element != from.thread;
        const auto reads = [&](bool for_ghosts_only) {
            (others ? seen.others_read : seen.reads) |= bits.set();
            if (!for_ghosts_only) seen.asks |= bits.set() & ghost_fields;
        };
        if (first.blocked != then.blocked) {
            reads(false);
            if (first.blocked == Blocked::no || then.blocked == Blocked::no)
                note_wait(first, then, bits);
            return;
        }
        if (first.blocked != Blocked::no) return;
        const Places::Difference changed =
            places_.difference(first.state, then.state, from.thread, &bits);
        const FieldSet all = changed.own | changed.others;
        if (differs(first, then) || first.registers != then.registers || (all & ~ghost_fields) != 0)
            reads(false);
        else if (all != 0)
            reads(true);
        const unsigned mine = value_in(first.state, bits);
        const unsigned theirs = value_in(then.state, bits);
        const unsigned before = value_in(from.state, bits);
        const unsigned other_before = value_in(other.state, bits);
        const unsigned changed_bits = (mine ^ before) | (theirs ^ other_before);
        // Of a word of locals, each bit is one of its own.
        const bool kept = bits.local ? ((mine ^ theirs) & changed_bits) == 0 : changed_bits == 0;
        if (mine != theirs && !kept) (others ? seen.others_updated : seen.updates) |= bits.set();
    }

    // One of the two is blocked, and the other one is not.
    void note_wait(const Outcome& first, const Outcome& then, const Bits& bits) {
        const Blocked why = first.blocked != Blocked::no ? first.blocked : then.blocked;
        if (why == Blocked::interrupts) seen_->effects.waits_for |= Held::irqs_off;
        for (const LockField& one : lock_fields)
            if (why == Blocked::lock && !bits.local && bits.field == one.field)
                seen_->effects.waits_for |= one.lock;
    }

    void other_register(const Instance& instance, const Outcome& first, std::uint8_t operand) {
        const unsigned reg = register_of(instruction_, operand);
        const unsigned now = instance.registers[reg];
        const char kind = kind_of(instruction_, operand);
        for (unsigned i = 0; i < (kind == 'e' ? 6 : 3); ++i) {
            const unsigned value = any_value(real_, kind, random_);
            if (value == now) continue;
            Instance other = instance;
            other.registers[reg] = static_cast<std::uint16_t>(value);
            const Outcome then = run(other);
            if (first.blocked != Blocked::no && then.blocked != Blocked::no) continue;
            Outcome alike = then;
            if (then.registers[reg] == value && first.registers[reg] == now)  // not a result
                alike.registers[reg] = first.registers[reg];
            if (first.blocked != then.blocked || differs(first, then) ||
                alike.registers != first.registers || !(first.state == then.state))
                seen_->operands.insert(names_of(instruction_, reg));
        }
    }

    Program program_;
    const Program& real_;
    Places places_;
    Random& random_;
    SeenEffects& all_;
    std::uint16_t base_;
    Instruction instruction_;
    Seen* seen_ = nullptr;
};

// ---- schedules

// Sees each instruction before it runs, and the state after it when the next one is to run.
struct Watch {
    const Program& program;
    const Places& places;
    SeenEffects& all;
    const State* state = nullptr;
    unsigned thread = nobody;
    std::vector<Instance>* instances = nullptr;
    std::map<SeenKey, unsigned>* in_this_world = nullptr;
    Watch* checks = nullptr;

    Instance before{};  // of the instruction that runs
    bool runs = false;
    unsigned address = 0;

    void over() {
        if (!runs) return;
        runs = false;
        Seen& seen = all.of(key_of(before.instruction, program.world.has_outside()));
        note_change(program, places, thread, before.instruction.code, before.state, *state, true,
                    true, seen.effects);
    }
    void begins(const Reg::File& file, const TermFile* terms) {
        if (runs)
            for (unsigned reg = 0; reg < Reg::count; ++reg)
                if (file[reg] != before.registers[reg])
                    seen_now().results.insert(names_of(before.instruction, reg));
        over();
        before.instruction = program.code[address];
        before.thread = thread;
        before.state = *state;
        before.registers = file;
        if (terms != nullptr) before.terms = *terms;
        runs = true;
        ++seen_now().ran;
        // A rest that is entered is none that a step ends at.
        if (before.instruction.code == Code::rest && thread == nobody) return;
        const SeenKey key = key_of(before.instruction, program.world.has_outside());
        unsigned& tried = (*in_this_world)[key];
        if (all.wants(key, tried)) {
            ++tried;
            instances->push_back(before);
        }
    }
    Seen& seen_now() { return all.of(key_of(before.instruction, program.world.has_outside())); }
};

struct Watcher : NoObserver {
    static constexpr bool shows_registers = true;
    static constexpr bool reads_checks = true;
    Watch* watch = nullptr;

    explicit Watcher(Watch* to) : watch(to) {}
    void at(unsigned address) const { watch->address = address; }
    template <class Terms>
    void registers(const Reg::File& file, Terms& terms) const {
        // What is in a register that was never written says nothing; `at` came first, so the
        // address is that of the next instruction.
        if constexpr (std::is_same_v<Terms, TermFile>)
            watch->begins(file, &terms);
        else
            watch->begins(file, nullptr);
    }
    void event(Event event, unsigned, unsigned, unsigned, unsigned) const {
        watch->seen_now().effects.raises |= event_bit(event);
    }
    void stuck() const { watch->runs = false; }
    [[nodiscard]] Watcher of_checks() const {
        watch->checks->runs = false;
        watch->checks->state = watch->state;
        return Watcher(watch->checks);
    }
};

}  // namespace

SeenKey key_of(const Instruction& instruction, bool outside) {
    SeenKey key{instruction.code, 0, 0, 0, 0, outside};
    for (const EffectOfImm& more : effect_table.of_imm)
        if (more.code == instruction.code) key.imm = instruction.imm;
    const NamedField named = effect_table.rows[static_cast<std::size_t>(instruction.code)].named;
    if (named == NamedField::none) return key;
    const bool place = named == NamedField::place_read || named == NamedField::place_written;
    if (place &&
        ((effects_of(instruction).reads | effects_of(instruction).writes) & locals_bit) != 0)
        return key;
    key.c = instruction.c;
    if (!place) return key;
    key.b = instruction.b;
    key.imm = instruction.imm;
    key.target = instruction.target;
    return key;
}

void SeenEffects::walk(const Program& original, Random& random, unsigned actions) {
    Program program = original;
    for (std::size_t i = 0; i < program.world.outside.size(); ++i) {
        const OutsideReferences& one = program.world.outside[i];
        program.outside_numbers[i] = static_cast<std::uint16_t>(
            one.low +
            below(random, std::min(one.high.value_or(one.low + 2), one.low + 2) - one.low + 1));
    }
    Again again(program, random, *this);
    State state = program.start;
    std::vector<Instance> instances;
    std::map<SeenKey, unsigned> in_this_world;
    Watch checks{program, again.places(), *this,          nullptr,
                 nobody,  &instances,     &in_this_world, nullptr};
    Watch watch{program, again.places(), *this,          nullptr,
                nobody,  &instances,     &in_this_world, &checks};
    for (unsigned done = 0; done < actions; ++done) {
        std::vector<Action> possible;
        const auto note = [&](const Action& action) { possible.push_back(action); };
        for_each_step(program, state, note);
        const std::size_t steps = possible.size();
        if (steps < 3) for_each_start(program, state, false, note);
        if (possible.empty() || below(random, 40) == 0) {
            state = program.start;
            continue;
        }
        const bool goes_on = steps != 0 && below(random, 3) != 0;
        Action action = possible[below(random, goes_on ? steps : possible.size())];
        action.transient = static_cast<std::uint8_t>(below(random, program.world.transient + 1));
        State next = state;
        watch.state = &next;
        watch.thread = action.kind == Action::Kind::device ? nobody : action.thread;
        watch.runs = false;
        instances.clear();
        const StepResult result = perform(program, next, action, Watcher(&watch));
        if (result.blocked == Blocked::no) {
            watch.over();
            state = next;
        } else {
            watch.seen_now().effects.blocks |= blocked_bit(result.blocked);
        }
        checks.runs = false;
        checks.state = &state;
        (void)Machine<Watcher>(program, state, Watcher(&checks)).check_state(false);
        if (done % (lacking_.size() < 16 ? 4 : 32) == 3)
            for (const Code code : lacking_)
                if (const auto instance = again.any(code, state)) instances.push_back(*instance);
        for (const Instance& instance : instances) again.try_out(instance);
    }
    find_lacking();
}

namespace {

// What was seen and the table does not say.
Effects lacks_of(const SeenKey& key, const Seen& seen, const EffectTable& table) {
    const Effects says =
        effects_of(Instruction{key.code, 0, key.b, key.c, key.imm, key.target}, table);
    Effects lacks = seen.effects;
    const FieldSet outside = key.outside ? says.outside_reads : 0;
    lacks.reads &= ~(says.reads | outside);
    lacks.updates &= ~(says.updates | says.reads | outside);
    lacks.writes &= ~says.writes;
    lacks.clears &= ~(says.clears | says.writes);
    lacks.others_read &= ~says.others_read;
    lacks.others_updated &= ~(says.others_updated | says.others_read);
    lacks.others_written &= ~says.others_written;
    lacks.asks &= ~says.asks;
    const unsigned sometimes = seen.effects.takes & seen.effects.tries;
    lacks.takes = static_cast<std::uint8_t>(seen.effects.takes & ~unsigned{says.takes} &
                                            ~unsigned{says.tries});
    lacks.tries = static_cast<std::uint8_t>(sometimes & ~unsigned{says.tries});
    lacks.gives &= static_cast<std::uint8_t>(~unsigned{says.gives});
    lacks.waits_for &= static_cast<std::uint8_t>(~unsigned{says.waits_for});
    lacks.blocks &= static_cast<BlockedSet>(~unsigned{says.blocks});
    lacks.allocates = lacks.allocates && !says.allocates;
    lacks.frees = lacks.frees && !says.frees;
    lacks.raises &= static_cast<EventSet>(~unsigned{says.raises});
    lacks.opens &= static_cast<WaySet>(~unsigned{says.opens});
    lacks.closes &= static_cast<WaySet>(~unsigned{says.closes});
    for (const std::uint8_t names : seen.operands)
        if ((names & says.operands) == 0) lacks.operands |= names;
    for (const std::uint8_t names : seen.results)
        if ((names & says.results) == 0) lacks.results |= names;
    return lacks;
}

}  // namespace

std::vector<std::string> SeenEffects::unnamed(const EffectTable& table) const {
    std::vector<std::string> all;
    for (const auto& [key, seen] : seen_) {
        const Effects lacks = lacks_of(key, seen, table);
        each_column(lacks, [&, k = key](std::string_view column, auto bits) {
            for (unsigned bit = 0; bit < 64; ++bit)
                if ((std::uint64_t{bits} >> bit & 1U) != 0)
                    all.push_back(name_of(k) + ": " + std::string(column) + " " +
                                  bit_name(column, bit));
        });
    }
    return all;
}

bool SeenEffects::is_unnoticed(const EffectTable& table, const TableEntry& entry) const {
    const EffectTable broken = without(table, entry);
    const Code code = code_of(table, entry);
    for (auto at = seen_.lower_bound(SeenKey{code}); at != seen_.end() && at->first.code == code;
         ++at)
        if (!(lacks_of(at->first, at->second, broken) == lacks_of(at->first, at->second, table)))
            return false;
    return true;
}

void SeenEffects::find_lacking() {
    static const std::vector<TableEntry> entries = entries_of(effect_table);
    lacking_.clear();
    for (const TableEntry& entry : entries) {
        const Code code = code_of(effect_table, entry);
        if (!lacking_.contains(code) && is_unnoticed(effect_table, entry)) lacking_.insert(code);
    }
}

Code code_of(const EffectTable& table, const TableEntry& entry) {
    return entry.of_imm ? table.of_imm[entry.row].code : table.rows[entry.row].code;
}

std::vector<TableEntry> entries_of(const EffectTable& table) {
    std::vector<TableEntry> all;
    const auto add = [&](const std::string& name, bool of_imm, std::size_t row,
                         const Effects& effects) {
        std::size_t column = 0;
        each_column(effects, [&](std::string_view what, auto bits) {
            for (unsigned bit = 0; bit < 64; ++bit)
                if ((std::uint64_t{bits} >> bit & 1U) != 0)
                    all.push_back({name + ": " + std::string(what) + " " + bit_name(what, bit),
                                   of_imm, row, column, bit});
            ++column;
        });
        return column;
    };
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        const std::string name(code_names[i]);
        const std::size_t columns = add(name, false, i, table.rows[i].effects);
        if (table.rows[i].named != NamedField::none)
            all.push_back({name + ": the field that it names", false, i, columns, 0});
    }
    for (std::size_t i = 0; i < table.of_imm.size(); ++i)
        add(std::string(code_names[static_cast<std::size_t>(table.of_imm[i].code)]) + " with imm " +
                std::to_string(table.of_imm[i].imm),
            true, i, table.of_imm[i].effects);
    return all;
}

EffectTable without(EffectTable table, const TableEntry& entry) {
    Effects& effects =
        entry.of_imm ? table.of_imm[entry.row].effects : table.rows[entry.row].effects;
    std::size_t column = 0;
    each_column(effects, [&](std::string_view, auto& bits) {
        using Bits = std::remove_reference_t<decltype(bits)>;
        if (column++ == entry.column)
            bits = static_cast<Bits>(std::uint64_t{bits} & ~(std::uint64_t{1} << entry.bit));
    });
    if (!entry.of_imm && entry.column == column) table.rows[entry.row].named = NamedField::none;
    return table;
}

}  // namespace cowcheck::test
