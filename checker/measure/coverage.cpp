#include "checker/measure/coverage.h"

#include "checker/measure/executed.h"
#include "checker/symbolic/branches.h"

#include <thread>

namespace cowcheck {

namespace {

// By address.
struct Tally {
    explicit Tally(const Program& program)
        : ran(program.code.size(), 0), fell_through(program.code.size(), 0) {}

    void add(const Program& program, const ExecutedStep& step) {
        for (std::size_t i = 0; i < step.code.size(); ++i) {
            const std::uint16_t at = step.code[i];
            ++ran[at];
            const Instruction& instruction = program.code[at];
            if (instruction.code == Code::jump_unless && i + 1 < step.code.size() &&
                step.code[i + 1] == at + 1)
                ++fell_through[at];
        }
        for (const std::uint16_t at : step.checks) ++ran[at];
    }
    void add(const Tally& other) {
        for (std::size_t i = 0; i < ran.size(); ++i) {
            ran[i] += other.ran[i];
            fell_through[i] += other.fell_through[i];
        }
    }

    std::vector<std::uint64_t> ran;
    std::vector<std::uint64_t> fell_through;
};

// perform_recorded() for every way in which the action can go.
template <class Taken>
void perform_recorded(const Program& program, const State& state, const Action& action,
                      Outside& outside, ExecutedStep& executed, Taken&& taken) {
    const auto clear = [&] {
        executed.code.clear();
        executed.checks.clear();
    };
    clear();
    perform_every_way(program, state, action, outside, StepRecorder(&executed),
                      [&](const StepResult& result, const State& next) {
                          taken(result, next);
                          clear();
                      });
}

// The transitions that leave the state, as Expander follows them, and the state itself.
void cover(const Explorer& explorer, const State& state, bool starts, ExecutedStep& step,
           Tally& tally) {
    const Program& program = explorer.program();
    const auto take = [&](const Action& action, bool full) {
        const auto taken = [&](const StepResult& result, const State& next) {
            if (result.blocked != Blocked::no) return;
            if (full && in_flight(program, next) > explorer.options().concurrency) return;
            tally.add(program, step);
        };
        if (explorer.outside() != nullptr) {
            perform_recorded(program, state, action, *explorer.outside(), step, taken);
            return;
        }
        State next = state;
        const StepResult result = perform_recorded(program, next, action, step);
        taken(result, next);
    };
    for_each_step(program, state, [&](const Action& action) { take(action, false); });
    if (starts) {
        const unsigned bound = explorer.options().concurrency;
        const bool full = bound != 0 && in_flight(program, state) >= bound;
        for_each_start(program, state, full, [&](const Action& action) { take(action, full); });
    }
    State copy = state;
    step.code.clear();
    step.checks.clear();
    (void)Machine<CheckRecorder>(program, copy, CheckRecorder(&step.checks))
        .check_state(expand_steps(program, state, explorer.outside(),
                                  [](const Action&, const StepResult&, State&) {})
                         .stuck);
    tally.add(program, step);
}

}  // namespace

ProgramCoverage measure_coverage(const Explorer& explorer) {
    const Program& program = explorer.program();
    std::vector<Tally> tallies(explorer.partitions(), Tally(program));
    const auto run = [&](unsigned partition) {
        ExecutedStep step;
        explorer.for_each_state(partition, [&](const State& state, unsigned operations) {
            const bool starts = static_cast<int>(operations) < explorer.depth();
            cover(explorer, state, starts, step, tallies[partition]);
        });
    };
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < tallies.size(); ++i) threads.emplace_back(run, i);
    run(0);
    for (std::thread& thread : threads) thread.join();
    for (std::size_t i = 1; i < tallies.size(); ++i) tallies[0].add(tallies[i]);

    const Tally& all = tallies[0];
    ProgramCoverage coverage;
    for (const StatementCode& statement : program.statements)
        coverage.statements.push_back(all.ran[statement.address]);
    for (const GuardCode& guard : program.guards) {
        const std::uint64_t when_true = all.fell_through[guard.jump];
        coverage.guards.push_back({when_true, all.ran[guard.jump] - when_true});
    }
    for (const ClauseCode& clause : program.clauses)
        coverage.clauses.push_back(clause.asks < all.ran.size() ? all.ran[clause.asks] : 0);
    return coverage;
}

}  // namespace cowcheck
