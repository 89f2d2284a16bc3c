// Executes a schedule step by step and tells what each step does. Recording and
// replaying a trace are both made of it.
#pragma once

#include "model/machine/actions.h"
#include "traces/view.h"

#include <memory>
#include <vector>

namespace cowcheck {

// An event within a step, as a property's `at` clause sees it: the state at that
// moment, and what the names in the clause stand for.
struct EventMoment {
    Event event = Event::load;
    State state;
    unsigned mm = 0;
    unsigned va = 0;
    unsigned page = 0;
    unsigned pin = 0;
    bool of_page = true;   // overflow, underflow: a page's count
    bool writes = false;   // userfault: the operation means to store; cow_copy: it was needed
    std::size_t told = 0;  // how many of the step's events came before
};

// What came of an action. If it is blocked, the state has not changed.
struct Outcome {
    Blocked blocked = Blocked::no;
    std::uint32_t by_event = 0;  // properties violated by something that happened
    std::uint32_t by_state = 0;  // properties that the state reached violates
    Stuck stuck;
    TraceStep step;
    std::vector<EventMoment> moments;

    [[nodiscard]] std::uint32_t violated() const { return by_event | by_state; }
};

// A runner is a value: a copy goes on by itself from where it was made.
class Runner {
public:
    // `program` may have joined steps; here every one of them counts by itself.
    explicit Runner(const Program& program);

    // Performs one atomic step. The action must be possible: a thread that rests
    // for a step, one that is idle for a start, a held pin for a device.
    Outcome perform(const Action& action);

    // What the state reached violates. perform() has looked already.
    [[nodiscard]] Outcome check() const;

    [[nodiscard]] const Program& program() const { return *program_; }
    [[nodiscard]] const State& state() const { return state_; }
    [[nodiscard]] const ValueNames& values() const { return values_; }
    [[nodiscard]] unsigned operations() const { return operations_; }
    [[nodiscard]] View view() const { return cowcheck::view(*program_, state_, values_); }

private:
    struct Watch;
    struct Observer;

    void check_into(Outcome& outcome) const;
    [[nodiscard]] bool stores(const Action& action) const;
    void describe_operation(const Action& action, TraceStep& step);
    void describe_statement(const Action& action, unsigned pc, TraceStep& step) const;

    std::shared_ptr<const Program> program_;
    State state_;
    ValueNames values_;
    View view_;
    unsigned operations_ = 0;
    std::vector<unsigned> operation_of_;  // by thread: the number of what it does
};

// Whether an action is one that can be asked for in this state, be it blocked or not. A schedule
// that was made for another program may ask for what makes no sense at all.
[[nodiscard]] bool makes_sense(const Program& program, const State& state, const Action& action);

// The program with the numbers of references from outside that a trace was told with.
[[nodiscard]] Program with_numbers_of(Program program, const TraceHeader& header);

// The bit of a property in a violated set, or 0 if the program has none so called.
[[nodiscard]] std::uint32_t property_bit(const Program& program, std::string_view name);

}  // namespace cowcheck
