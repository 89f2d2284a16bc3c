#include "cli/stepper/reach.h"

#include "model/compile/join.h"
#include "traces/shorten.h"
#include "verify/run/limits.h"
#include "verify/run/numbers.h"

#include <algorithm>
#include <thread>

namespace cowcheck {

namespace {

std::string text_of(StopReason reason, const ReachLimits& limits) {
    switch (reason) {
    case StopReason::states: return "the limit of " + count_text(limits.max_states) + " states";
    case StopReason::time:
        return "the limit of " +
               duration_text(std::chrono::duration<double>(limits.max_time).count());
    case StopReason::memory: return "the limit of memory";
    case StopReason::interrupt: return "an interrupt";
    case StopReason::solver: return "the solver, which gave up";
    case StopReason::none: break;
    }
    return {};
}

}  // namespace

ReachAnswer ask_checker(const Program& program, const State& from, unsigned property,
                        const ReachLimits& limits) {
    Program plain = program;
    plain.start = from;
    Program joined = plain;
    join_steps(joined);
    Explorer explorer(joined,
                      {limits.concurrency, std::clamp(std::thread::hardware_concurrency(), 1U, 8U),
                       true, std::chrono::milliseconds(10000)});
    Stop stop;
    stop.max_states = limits.max_states;
    stop.max_bytes = default_memory_limit();
    stop.deadline = std::chrono::steady_clock::now() + limits.max_time;
    const InterruptGuard guard(stop);
    ReachAnswer answer;
    StopReason reason = StopReason::none;
    const Violation* found = nullptr;
    for (unsigned level = 0; level <= limits.operations && !found && !explorer.exhausted();
         ++level) {
        reason = explorer.deepen(stop);
        for (const Violation& violation : explorer.violations())
            if (violation.property == property) found = &violation;
        if (reason != StopReason::none) break;
    }
    answer.states = explorer.states();
    if (found != nullptr) {
        answer.verdict = ReachAnswer::Verdict::reachable;
        answer.operations = found->operations;
        answer.schedule =
            shorten(plain, explorer.trace(*found), property, {limits.concurrency, 400000});
    } else if (reason == StopReason::none) {
        answer.verdict = ReachAnswer::Verdict::unreachable;
        answer.exhausted = explorer.exhausted();
    } else {
        answer.why_undecided = text_of(reason, limits);
    }
    return answer;
}

}  // namespace cowcheck
