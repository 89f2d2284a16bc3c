#include "traces/verify.h"

#include "traces/blocked.h"
#include "traces/runner.h"
#include "traces/text.h"

namespace cowcheck {

std::string why_not_so(const Program& program, std::span<const Action> schedule,
                       const Claim& claim) {
    Runner runner(program);
    const std::uint32_t bit = 1U << claim.property;
    bool violated = (runner.check().violated() & bit) != 0;
    for (std::size_t i = 0; i < schedule.size() && !violated; ++i) {
        const std::string step =
            "step " + std::to_string(i + 1) + " of " + std::to_string(schedule.size());
        if (!makes_sense(runner.program(), runner.state(), schedule[i]))
            return step + " is not possible";
        const Outcome outcome = runner.perform(schedule[i]);
        if (outcome.blocked != Blocked::no)
            return step + " is not possible: " +
                   why_blocked(runner.program(), runner.state(), schedule[i], outcome.blocked);
        if (claim.concurrency != 0 &&
            in_flight(runner.program(), runner.state()) > claim.concurrency)
            return "after " + step + ", more than " + counted(claim.concurrency, "operation") +
                   " are in flight";
        violated = (outcome.violated() & bit) != 0;
    }
    if (!violated)
        return "its " + counted(schedule.size(), "step") +
               " are all possible, and at their end nothing is violated";
    if (runner.operations() != claim.operations)
        return "it takes " + counted(runner.operations(), "operation") + ", and not " +
               std::to_string(claim.operations);
    return {};
}

}  // namespace cowcheck
