// A schedule told step by step, and what it does to the machine.
#pragma once

#include "tests/support/models.h"

#include "model/machine/actions.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace cowcheck::test {

class Scenario {
public:
    // Names or texts, as for compiled().
    Scenario(const std::string& design, const std::string& world)
        : Scenario(compiled(design, world)) {}
    explicit Scenario(Program program) : program_(std::move(program)), state_(program_.start) {}

    // Starts an operation, "gup(read, get)" or just "gup", on a thread, or as
    // "device" through a pin, and takes its first step.
    Scenario& start(const std::string& thread, const std::string& operation, unsigned va = 0,
                    unsigned mm = any);
    // Takes one step, or several.
    Scenario& step(const std::string& thread, unsigned steps = 1);
    // On until the thread is idle; if it has to wait, so be it.
    Scenario& finish(const std::string& thread);
    // On until the statement that runs next begins like that.
    Scenario& until(const std::string& thread, const std::string& statement);
    Scenario& run(const std::string& thread, const std::string& operation, unsigned va = 0) {
        return start(thread, operation, va).finish(thread);
    }

    // Why the next step of the thread can't run: `no` if it can, or it is idle.
    [[nodiscard]] Blocked waits(const std::string& thread) const;
    [[nodiscard]] bool idle(const std::string& thread) const;
    [[nodiscard]] bool can_start(const std::string& thread, const std::string& operation) const;
    // The statement that the thread runs next, without what surrounds it.
    [[nodiscard]] std::string next_statement(const std::string& thread) const;

    // Properties that were violated so far, at events and in states.
    [[nodiscard]] bool violated(const std::string& property) const {
        return violated_.contains(property);
    }
    [[nodiscard]] const std::set<std::string>& violated() const { return violated_; }

    [[nodiscard]] unsigned get(Field field, unsigned index) const {
        return program_.layout.get(state_, field, index);
    }
    void set(Field field, unsigned index, unsigned value) {
        program_.layout.set(state_, field, index, value);
    }
    // What maps a process's page: its PTE, or a huge PMD.
    [[nodiscard]] unsigned pte(unsigned mm, unsigned va = 0) const {
        return program_.layout.leaf(state_, mm, va);
    }
    [[nodiscard]] unsigned frame(unsigned mm, unsigned va = 0) const {
        return pte(mm, va) >> PteBit::frame_shift;
    }
    [[nodiscard]] const State& state() const { return state_; }
    [[nodiscard]] const Program& program() const { return program_; }

    static constexpr unsigned any = 0xff;

private:
    [[nodiscard]] unsigned number(const std::string& thread) const;
    [[nodiscard]] std::vector<Action> starts(const std::string& thread,
                                             const std::string& operation) const;
    void take(const Action& action);
    void note(std::uint32_t violated);

    Program program_;
    State state_;
    std::set<std::string> violated_;
};

}  // namespace cowcheck::test
