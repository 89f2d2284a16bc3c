// One instruction that runs alone, from a state and registers of one's choice.
#pragma once

#include "model/machine/actions.h"
#include "tests/support/effects/changes.h"

#include <array>
#include <cstdint>
#include <vector>

namespace cowcheck::test {

using TermFile = std::array<CountTerm, Reg::count>;

// Where an instruction is about to run.
struct Instance {
    Instruction instruction;
    unsigned thread = no_thread;
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

class RunAlone {
public:
    explicit RunAlone(const Program& program);

    // All instances that follow are of this one, until the next.
    void instruction(const Instruction& instruction);
    [[nodiscard]] Outcome operator()(const Instance& instance) const;
    // Where a jump that is made up may go to.
    [[nodiscard]] std::uint16_t elsewhere() const { return static_cast<std::uint16_t>(base_ + 3U); }

private:
    Program program_;  // the instruction at each rest, and as the check of a state
    std::uint16_t base_;
    KnownNumbers numbers_;
};

}  // namespace cowcheck::test
