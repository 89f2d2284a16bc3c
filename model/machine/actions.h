// What can happen next in a state: a step of a thread that runs, an operation
// that starts, or something that a device does.
#pragma once

#include "model/machine/machine.h"

#include <string>

namespace cowcheck {

struct Action {
    enum class Kind : std::uint8_t { step, start, device };

    Kind kind = Kind::step;
    std::uint8_t thread = 0;      // step, start
    std::uint8_t mm = 0;          // start: the process worked on
    std::uint8_t va = 0;          // start
    std::uint8_t pin = 0;         // device; start of a GUP: the slot it fills
    std::uint16_t operation = 0;  // start, device: index into Program::operations
    // Transient references from outside that every page has during this step; only where
    // the numbers of references are known.
    std::uint8_t transient = 0;

    friend bool operator==(const Action&, const Action&) = default;
};

// Threads whose operation is under way.
[[nodiscard]] inline unsigned in_flight(const Program& program, const State& state) {
    const Layout& l = program.layout;
    unsigned n = 0;
    for (unsigned t = 0; t < l.size(Scope::thread); ++t)
        n += (state.words[l.element(Scope::thread, t)] & unsigned{info(Field::pc).mask()}) != 0;
    return n;
}

// Calls `visit(Action)` for every thread that has a handler under way.
template <class Visit>
void for_each_step(const Program& program, const State& state, Visit&& visit) {
    const Layout& l = program.layout;
    for (unsigned t = 0; t < l.size(Scope::thread); ++t)
        if ((state.words[l.element(Scope::thread, t)] & unsigned{info(Field::pc).mask()}) != 0)
            visit(Action{Action::Kind::step, static_cast<std::uint8_t>(t), 0, 0, 0, 0});
}

// Calls `visit(Action)` for every operation that may start, always in the same
// order. With `only_instant`, those that can't be over in one step are left out.
template <class Visit>
void for_each_start(const Program& program, const State& state, bool only_instant, Visit&& visit);

// The program's numbers of references from outside, and so many transient ones.
[[nodiscard]] inline KnownNumbers known_numbers(const Program& program, unsigned transient) {
    KnownNumbers known;
    known.numbers[0] = static_cast<std::uint16_t>(transient);
    for (unsigned i = 0; i < Limits::outside_numbers; ++i)
        known.numbers[i + 1] = program.outside_numbers[i];
    return known;
}

template <class Observer>
[[nodiscard]] StepResult perform_with_numbers(const Program& program, State& state,
                                              const Action& action, const Observer& observer);

// Performs an action. If it is blocked, the state is spoilt; work on a copy. References
// from outside are as many as the program says (Program::outside_numbers).
template <class Observer = NoObserver>
[[nodiscard]] StepResult perform(const Program& program, State& state, const Action& action,
                                 Observer observer = {}) {
    if constexpr (!Observer::outside)
        if (program.world.has_outside()) [[unlikely]]
            return perform_with_numbers(program, state, action, observer);
    Machine<Observer> machine(program, state, observer);
    switch (action.kind) {
    case Action::Kind::step: return machine.step(action.thread);
    case Action::Kind::start:
        return machine.start(action.thread, action.operation, action.mm, action.va, action.pin);
    case Action::Kind::device: break;
    }
    return machine.device(action.operation, action.pin);
}

template <class Observer>
StepResult perform_with_numbers(const Program& program, State& state, const Action& action,
                                const Observer& observer) {
    KnownNumbers known = known_numbers(program, action.transient);
    return perform(program, state, action, WithOutside<Observer, KnownNumbers>(observer, &known));
}

// Calls `visit` for the action with every number of transient references that it may meet.
template <class Visit>
void for_each_transient(const Program& program, Action action, Visit&& visit) {
    for (unsigned n = 0; n <= program.world.transient; ++n) {
        action.transient = static_cast<std::uint8_t>(n);
        visit(action);
    }
}

// ---------------------------------------------------------------- details

namespace detail {

[[nodiscard]] inline int first_free(const Program& program, const State& state, Scope scope,
                                    Field field) {
    for (unsigned i = 0; i < program.layout.size(scope); ++i)
        if (program.layout.get(state, field, i) == 0) return static_cast<int>(i);
    return -1;
}

// The operation that releases a pin with these flags. Those that are not kept, because nobody
// goes by them (Program::unread_ghosts), may be any.
[[nodiscard]] inline int unpin_of(const Program& program, const GupFlags& flags) {
    const auto is_read = [&](Field field) {
        return ((program.unread_ghosts >> static_cast<unsigned>(field)) & 1U) == 0;
    };
    int alike = -1;
    for (const std::uint16_t operation : program.device_menu) {
        const MenuItem& item = program.operations[operation].item;
        if (item.kind != OperationKind::unpin || item.flags.pin != flags.pin) continue;
        if (item.flags == flags) return operation;
        if ((item.flags.write == flags.write || !is_read(Field::pin_write)) &&
            (item.flags.longterm == flags.longterm || !is_read(Field::pin_longterm)) && alike < 0)
            alike = operation;
    }
    return alike;
}

}  // namespace detail

template <class Visit>
void for_each_start(const Program& program, const State& state, bool only_instant, Visit&& visit) {
    const Layout& l = program.layout;
    const int free_pin = detail::first_free(program, state, Scope::pin, Field::pin_state);
    const int free_mm = detail::first_free(program, state, Scope::mm, Field::life);
    const auto is_worked_on = [&](unsigned mm) {
        return (unsigned{l.work(state).processes} >> mm & 1U) != 0;
    };
    const auto start_on = [&](unsigned t, unsigned mm, std::uint16_t operation) {
        const OperationCode& op = program.operations[operation];
        if (only_instant && !op.can_be_instant) return;
        const OperationInfo& about = info(op.item.kind);
        if ((about.needs == Needs::pin_slot && free_pin < 0) ||
            (about.needs == Needs::process_slot && free_mm < 0) ||
            (about.needs == Needs::nobody_else && is_worked_on(mm)))
            return;
        Action action{Action::Kind::start,
                      static_cast<std::uint8_t>(t),
                      static_cast<std::uint8_t>(mm),
                      0,
                      0,
                      operation};
        if (about.needs == Needs::pin_slot) action.pin = static_cast<std::uint8_t>(free_pin);
        if (!about.parameters.starts_with("va")) return static_cast<void>(visit(action));
        const Thread& thread = program.world.threads[t];
        // After munmap, only a stale TLB entry still lets an access through; and only an
        // access that the TLB lets through is over at once.
        const bool access =
            op.item.kind == OperationKind::read || op.item.kind == OperationKind::write;
        for (unsigned va = 0; va < l.pages; ++va)
            if ((l.get(state, Field::mapped, l.pte_index(mm, va)) != 0 &&
                 !(access && only_instant)) ||
                (l.get(state, Field::spte, l.pte_index(mm, va)) != 0 &&
                 info(op.item.kind).actor == Actor::secondary_mmu) ||
                (access && l.get(state, Field::tlb_valid, l.tlb_index(thread.cpu, va)) != 0)) {
                action.va = static_cast<std::uint8_t>(va);
                visit(action);
            }
    };
    for (unsigned t = 0; t < l.size(Scope::thread); ++t) {
        if (l.get(state, Field::pc, t) != 0) continue;
        const Thread& thread = program.world.threads[t];
        for (unsigned mm = 0; mm < l.mms; ++mm) {
            if ((thread.actor == Actor::cpu && thread.mm != mm) ||
                l.get(state, Field::life, mm) != static_cast<unsigned>(Life::alive))
                continue;
            for (const std::uint16_t operation : program.menus[t]) start_on(t, mm, operation);
        }
    }
    for (unsigned pin = 0; pin < l.size(Scope::pin); ++pin) {
        if (l.get(state, Field::pin_state, pin) != static_cast<unsigned>(PinState::held)) continue;
        const GupFlags flags{l.get(state, Field::pin_write, pin) != 0,
                             l.get(state, Field::pin_foll_pin, pin) != 0,
                             l.get(state, Field::pin_longterm, pin) != 0};
        const bool dma = flags.write && (flags.pin || l.get(state, Field::pin_crossed, pin) == 0);
        const int unpin = detail::unpin_of(program, flags);
        for (const std::uint16_t operation : program.device_menu) {
            const MenuItem& item = program.operations[operation].item;
            if ((item.kind == OperationKind::unpin && operation != unpin) ||
                (info(item.kind).needs == Needs::dma_pin && !dma))
                continue;
            visit(Action{Action::Kind::device, 0, 0, 0, static_cast<std::uint8_t>(pin), operation});
        }
    }
}

}  // namespace cowcheck
