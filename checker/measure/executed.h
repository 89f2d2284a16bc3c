// Which instructions a step runs: what coverage and costs are counted from.
#pragma once

#include "model/machine/actions.h"

#include <cstdint>
#include <vector>

namespace cowcheck {

// The instructions of one transition in the order in which they ran; `checks` are those
// of the properties. A step that had to wait leaves nothing behind.
struct ExecutedStep {
    std::vector<std::uint16_t> code;
    std::vector<std::uint16_t> checks;
};

// Hands what a machine runs to an ExecutedStep.
struct CheckRecorder : NoObserver {
    static constexpr bool reads_checks = true;
    std::vector<std::uint16_t>* addresses = nullptr;

    explicit CheckRecorder(std::vector<std::uint16_t>* to) : addresses(to) {}
    void at(unsigned address) const { addresses->push_back(static_cast<std::uint16_t>(address)); }
    [[nodiscard]] CheckRecorder of_checks() const { return *this; }
};

struct StepRecorder : NoObserver {
    ExecutedStep* to = nullptr;
    std::size_t code_before = 0;  // the step that is under way
    std::size_t checks_before = 0;

    explicit StepRecorder(ExecutedStep* step) : to(step) {}
    void at(unsigned address) const { to->code.push_back(static_cast<std::uint16_t>(address)); }
    void step(unsigned /*pc*/) {
        code_before = to->code.size();
        checks_before = to->checks.size();
    }
    void stuck() const {
        to->code.resize(code_before);
        to->checks.resize(checks_before);
    }
    [[nodiscard]] CheckRecorder of_checks() const { return CheckRecorder(&to->checks); }
};

// perform(), with what it ran in `executed`.
[[nodiscard]] inline StepResult perform_recorded(const Program& program, State& state,
                                                 const Action& action, ExecutedStep& executed) {
    executed.code.clear();
    executed.checks.clear();
    const StepResult result = perform(program, state, action, StepRecorder(&executed));
    if (result.blocked != Blocked::no) {
        executed.code.clear();
        executed.checks.clear();
    }
    return result;
}

}  // namespace cowcheck
