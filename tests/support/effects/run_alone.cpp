#include "tests/support/effects/run_alone.h"

#include "model/machine/expand.h"

#include <type_traits>

namespace cowcheck::test {

namespace {

struct Probe {
    const Instance* from = nullptr;
    const State* state = nullptr;
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
        if (!probe->asked && !probe->outcome->went_on)
            probe->outcome->events.back().writes = file[Reg::writes];
        probe->asked = true;
    }
    [[nodiscard]] CheckProbe of_checks() const { return *this; }
};

// Sets the registers before the instruction, and looks at all of it when the next one is to run;
// that one, which ends the step, nobody looks at.
struct StepProbe : NoObserver {
    static constexpr bool shows_registers = true;
    Probe* probe = nullptr;

    explicit StepProbe(Probe* to) : probe(to) {}
    void at(unsigned address) const {
        if (!probe->outcome->went_on) probe->outcome->next = address;
    }
    template <class Terms>
    void registers(Reg::File& file, Terms& terms) const {
        constexpr bool has_terms = std::is_same_v<Terms, TermFile>;
        Outcome& outcome = *probe->outcome;
        if (!probe->began) {
            probe->began = true;
            file = probe->from->registers;
            if constexpr (has_terms) terms = probe->from->terms;
            return;
        }
        if (outcome.went_on) return;
        outcome.registers = file;
        if constexpr (has_terms) {
            const CountTerm& term = terms[probe->from->instruction.a % Reg::count];
            if (term.open) outcome.term = term;
        }
        outcome.went_on = true;
        outcome.state = *probe->state;
    }
    void event(Event event, unsigned mm, unsigned va, unsigned page, unsigned pin) const {
        if (probe->outcome->went_on) return;
        probe->outcome->events.push_back({event, mm, va, page, pin, 0});
        probe->asked = false;
    }
    [[nodiscard]] CheckProbe of_checks() const { return CheckProbe(probe); }
};

}  // namespace

RunAlone::RunAlone(const Program& program)
    : program_(program), base_(static_cast<std::uint16_t>(program.code.size())),
      numbers_(known_numbers(program, program.world.transient)) {
    program_.code.insert(program_.code.end(), 4, Instruction{Code::end});
    program_.code[base_].code = Code::rest;
    for (Rest& rest : program_.rests) rest.address = base_;
    program_.always.entry = program_.always.quick = static_cast<std::uint16_t>(base_ + 1U);
}

void RunAlone::instruction(const Instruction& instruction) {
    program_.code[base_ + 1U] = instruction;
}

Outcome RunAlone::operator()(const Instance& instance) const {
    Outcome outcome;
    outcome.registers = instance.registers;
    State state = instance.state;
    Probe probe{&instance, &state, &outcome};
    const auto step = [&](auto machine) {
        const StepResult result =
            instance.thread != no_thread ? machine.step(instance.thread) : machine.check({});
        outcome.blocked = result.blocked;
        // What properties say at events, each world has others of.
        const Code code = instance.instruction.code;
        if (code == Code::check || code == Code::assert_) outcome.violated = result.violated;
    };
    if (program_.world.has_outside()) {
        KnownNumbers known = numbers_;
        using Observer = WithOutside<StepProbe, KnownNumbers>;
        step(Machine<Observer>(program_, state, Observer(StepProbe(&probe), &known)));
    } else {
        step(Machine<StepProbe>(program_, state, StepProbe(&probe)));
    }
    if (!outcome.went_on) outcome.state = state;
    return outcome;
}

}  // namespace cowcheck::test
