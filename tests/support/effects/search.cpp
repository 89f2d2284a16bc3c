#include "tests/support/effects/search.h"

#include "tests/support/effects/any_instruction.h"
#include "tests/support/effects/operands.h"

#include <algorithm>
#include <array>

namespace cowcheck::test {

namespace {

// Which pages are one: if that contradicts itself, so does what follows from it.
bool makes_folios(const Bits& bits) {
    return !bits.local && (bits.field == Field::compound || bits.field == Field::other_half);
}

// Events of a count say of it what Effects::updates says.
std::vector<SeenEvent> events(const Outcome& outcome) {
    std::vector<SeenEvent> all;
    for (const SeenEvent& event : outcome.events)
        if (event.event != Event::underflow && event.event != Event::overflow) all.push_back(event);
    return all;
}

// What does not follow from the state, but from the registers before.
bool differs(const Outcome& one, const Outcome& other) {
    return one.next != other.next || one.violated != other.violated ||
           one.went_on != other.went_on || !(one.term == other.term) ||
           events(one) != events(other);
}

// Whether what is there afterwards goes by what was there before: not if it is the same, and not
// if neither was changed.
bool goes_by_itself(const State& before, const State& after, const State& other_before,
                    const State& other_after, const Bits& bits) {
    const unsigned mine = value_in(after, bits);
    const unsigned theirs = value_in(other_after, bits);
    const unsigned changed =
        (mine ^ value_in(before, bits)) | (theirs ^ value_in(other_before, bits));
    // Of a word of locals, each bit is one of its own.
    return mine != theirs && (bits.local ? ((mine ^ theirs) & changed) != 0 : changed != 0);
}

}  // namespace

Search::Search(const Program& program, Dice& dice, SeenEffects& all)
    : program_(program), places_(program.layout), dice_(dice), values_(program, dice), all_(all),
      run_(program) {}

void Search::try_out(const Instance& instance) {
    look_at(instance.instruction);
    from(like(instance, 4), false);
    from(instance, instance.real);
}

std::optional<Instance> Search::try_any(Code code, const State& state) {
    values_.favour_others();
    const auto instance = any_instance(program_, code, state, run_.elsewhere(), values_, dice_);
    return instance ? try_like(*instance) : std::nullopt;
}

// Most states are such that an instruction does nothing: most of its effects others show.
std::optional<Instance> Search::try_like(const Instance& instance) {
    look_at(instance.instruction);
    Instance one = instance;
    unsigned tries = dice_.below(2) * 16;
    do one = like(instance, 1U << dice_.below(6));
    while (tries != 0 && --tries != 0 && !does_something(one));
    const Seen before = *seen_;
    from(one, false);
    return *seen_ == before ? std::nullopt : std::optional(one);
}

void Search::look_at(const Instruction& instruction) {
    run_.instruction(instruction);
    seen_ = &all_.of(key_of(instruction, program_.world.has_outside()));
}

Instance Search::like(const Instance& instance, unsigned of) {
    Instance other = instance;
    each_of_some(places_.all(), of, [&](const Bits& bits) {
        if (!makes_folios(bits)) change(other.state, bits);
    });
    const Layout& l = program_.layout;
    if (l.has(Field::pmd) && l.size(Scope::page) > 1 && dice_.below(2) == 0)
        values_.join_pages(other.state);
    settle(program_, other);
    return other;
}

bool Search::does_something(const Instance& instance) const {
    if (!is_state(program_, instance.state)) return false;
    const Outcome outcome = run_(instance);
    return outcome.blocked == Blocked::no &&
           (!outcome.events.empty() || !(outcome.state == instance.state));
}

void Search::from(const Instance& instance, bool real) {
    const std::optional<Point> first = at(instance);
    if (!first) return;
    note(*first, real);
    if (first->outcome.blocked == Blocked::no)
        note_ways(program_, instance.state, first->outcome.state, seen_->effects);
    const auto scope = static_cast<Scope>(dice_.below(scope_count));
    for (const auto& [places, of] :
         {std::pair(&places_.all(), 2U), std::pair(&places_.of(scope), 2U),
          std::pair(&places_.all(), 16U)}) {
        Instance other = instance;
        std::vector<Bits> way = change_some(other, *places, of);
        find_reads(*first, other, std::move(way));
    }
    std::vector<Bits> wanted;
    for (const Bits& bits : places_.all())
        if ((bits.set() & wanted_) != 0) wanted.push_back(bits);
    if (!wanted.empty()) {
        Instance other = instance;
        std::vector<Bits> way = change_some(other, wanted, 2);
        find_reads(*first, other, std::move(way));
    }
    other_register(*first, static_cast<std::uint8_t>(1U << dice_.below(6)));
}

// Nothing if the state is none.
std::optional<Search::Point> Search::at(const Instance& instance) {
    if (!is_state(program_, instance.state)) return std::nullopt;
    return Point{instance, run_(instance)};
}

void Search::note(const Point& point, bool real) {
    Effects& seen = seen_->effects;
    const Instance& from = point.instance;
    const Outcome& outcome = point.outcome;
    if (outcome.blocked != Blocked::no) {
        seen.blocks |= blocked_bit(outcome.blocked);
        return;
    }
    for (const SeenEvent& event : outcome.events) seen.raises |= event_bit(event.event);
    note_change(program_, places_, from.thread, from.instruction.code, from.state, outcome.state,
                real, seen);
    for (unsigned reg = 0; reg < Reg::count; ++reg)
        if (outcome.registers[reg] != from.registers[reg])
            seen_->results.insert(names_of(from.instruction, reg));
}

// ---- what is read

// Whether it was seen to matter as much as can be.
bool Search::is_known(const Bits& bits, unsigned thread) const {
    const Effects& seen = seen_->effects;
    const FieldSet reads = bits.is_of_others(thread) ? seen.others_read : seen.reads;
    const FieldSet asks = bits.is_of_others(thread) ? reads : seen.asks | ~ghost_fields;
    return (reads & asks & bits.set()) != 0;
}

// Changes one of `of` places of those that nothing is known of yet, and some others. Where it did:
// a local comes before what says what it is.
std::vector<Bits> Search::change_some(Instance& other, const std::vector<Bits>& places,
                                      unsigned of) {
    const State before = other.state;
    each_of_some(places, of, [&](const Bits& bits) {
        if (!is_known(bits, other.thread) || dice_.below(16) == 0) change(other.state, bits);
    });
    mend_frames(program_, other.state);
    std::vector<Bits> way;
    for (unsigned w = 0; w < program_.layout.words; ++w) {
        if (other.state.words[w] == before.words[w]) continue;
        places_.each_of_word(w, [&](const Bits& bits) {
            if (value_in(other.state, bits) != value_in(before, bits)) way.push_back(bits);
        });
    }
    std::stable_partition(way.begin(), way.end(), [](const Bits& bits) { return bits.local; });
    return way;
}

// From one state to another that differs in these places, one after the other: if it matters in
// all, it does so between two neighbours, which are found by halving.
void Search::find_reads(const Point& first, Instance last, std::vector<Bits> way) {
    std::optional<Point> far = at(last);
    if (!far) return;
    note(*far, false);
    Point near = first;
    for (unsigned found = 0; found < 6 && !is_same(near, *far, way); ++found) {
        std::optional<Point> beyond = far;
        std::size_t low = 0;
        std::size_t high = way.size();
        while (high - low > 1) {
            const std::size_t middle = low + (high - low) / 2;
            Instance half = near.instance;
            for (std::size_t i = low; i < middle; ++i)
                put(half.state, way[i], value_in(far->instance.state, way[i]));
            const std::optional<Point> point = at(half);
            if (!point) return;
            const std::vector<Bits> before(way.begin() + static_cast<std::ptrdiff_t>(low),
                                           way.begin() + static_cast<std::ptrdiff_t>(middle));
            if (is_same(near, *point, before)) {
                near = *point;
                low = middle;
            } else {
                beyond = point;
                high = middle;
            }
        }
        compare(near, *beyond, way[low]);
        near = *beyond;
        way.erase(way.begin(), way.begin() + static_cast<std::ptrdiff_t>(high));
    }
}

bool Search::is_same(const Point& one, const Point& other, const std::vector<Bits>& but) {
    const Outcome& mine = one.outcome;
    const Outcome& theirs = other.outcome;
    if (mine.blocked != theirs.blocked) return false;
    if (mine.blocked != Blocked::no) return true;
    if (differs(mine, theirs) || mine.registers != theirs.registers) return false;
    std::array<std::uint16_t, State::max_words> of_others{};
    of_others.fill(0xffff);
    for (const Bits& bits : but) {
        of_others[bits.word] &= static_cast<std::uint16_t>(~unsigned{bits.mask});
        if (goes_by_itself(one.instance.state, mine.state, other.instance.state, theirs.state,
                           bits))
            return false;
    }
    for (unsigned w = 0; w < State::max_words; ++w)
        if (((mine.state.words[w] ^ theirs.state.words[w]) & of_others[w]) != 0) return false;
    return true;
}

// One thing in the state was different.
void Search::compare(const Point& one, const Point& other, const Bits& bits) {
    Effects& seen = seen_->effects;
    const Outcome& first = one.outcome;
    const Outcome& then = other.outcome;
    const unsigned thread = one.instance.thread;
    const bool others = bits.is_of_others(thread);
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
    const Places::Difference changed = places_.difference(first.state, then.state, thread, &bits);
    const FieldSet all = changed.own | changed.others | changed.freed;
    if (differs(first, then) || first.registers != then.registers || (all & ~ghost_fields) != 0)
        reads(false);
    else if (all != 0)
        reads(true);
    if (goes_by_itself(one.instance.state, first.state, other.instance.state, then.state, bits))
        (others ? seen.others_updated : seen.updates) |= bits.set();
}

// One of the two is blocked, and the other one is not.
void Search::note_wait(const Outcome& one, const Outcome& other, const Bits& bits) {
    const Blocked why = one.blocked != Blocked::no ? one.blocked : other.blocked;
    if (why == Blocked::interrupts) seen_->effects.waits_for |= Held::irqs_off;
    for (const LockOfField& lock : lock_fields)
        if (why == Blocked::lock && !bits.local && bits.field == lock.field)
            seen_->effects.waits_for |= lock.lock;
}

void Search::other_register(const Point& first, std::uint8_t operand) {
    const Instruction& i = first.instance.instruction;
    const unsigned reg = register_of(i, operand);
    const std::uint8_t names = names_of(i, reg);
    if (seen_->operands.contains(names)) return;
    const unsigned now = first.instance.registers[reg];
    const Outcome& mine = first.outcome;
    for (unsigned n = 0; n < 2; ++n) {
        const unsigned value = values_.of_kind(kind_of(i, operand));
        if (value == now) continue;
        Instance other = first.instance;
        other.registers[reg] = static_cast<std::uint16_t>(value);
        const Outcome then = run_(other);
        if (mine.blocked != Blocked::no && then.blocked != Blocked::no) continue;
        Outcome alike = then;
        if (then.registers[reg] == value && mine.registers[reg] == now)  // not a result
            alike.registers[reg] = mine.registers[reg];
        if (mine.blocked != then.blocked || differs(mine, then) ||
            alike.registers != mine.registers || !(mine.state == then.state))
            seen_->operands.insert(names);
    }
}

}  // namespace cowcheck::test
