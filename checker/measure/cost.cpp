#include "checker/measure/cost.h"

#include "checker/measure/executed.h"
#include "model/isa/effects.h"

namespace cowcheck {

namespace {

constexpr unsigned max_steps = 10000;  // a design may go round in circles

constexpr FieldSet counts = fields(Field::refcount, Field::mapcount, Field::tlb_flush_pending);
constexpr unsigned counted_locks = Held::mmap_read | Held::mmap_write | Held::ptl | Held::page;

std::uint32_t needless_bit(const Program& program) {
    for (std::size_t i = 0; i < program.properties.size(); ++i)
        if (program.properties[i].name == "no_needless_copy") return 1U << i;
    return 0;
}

void count(const Program& program, const ExecutedStep& step, const StepResult& result,
           PathCost& cost) {
    ++cost.steps;
    for (const std::uint16_t at : step.code) {
        const Instruction& i = program.code[at];
        const Effects effects = effects_of(i);
        cost.locks += ((effects.takes | effects.tries) & counted_locks) != 0;
        cost.counts += (effects.updates & counts) != 0;
        cost.flushes += i.code == Code::flush;
        cost.copies += i.code == Code::copy;
        cost.zeroed += i.code == Code::alloc;
        cost.needless += i.code == Code::copy && (result.violated & needless_bit(program)) != 0;
    }
}

std::optional<Action> find_start(const Program& program, const State& state, const Doing& doing) {
    std::optional<Action> found;
    for_each_start(program, state, false, [&](const Action& action) {
        const MenuItem& item = program.operations[action.operation].item;
        const std::string& thread = action.kind == Action::Kind::device
                                        ? std::string("device")
                                        : program.world.threads[action.thread].name;
        if (!found && thread == doing.thread &&
            (to_text(item) == doing.operation || info(item.kind).name == doing.operation))
            found = action;
    });
    return found;
}

// Nothing if it can't start.
std::optional<PathCost> run_alone(const Program& program, State& state, const Doing& doing) {
    std::optional<Action> action = find_start(program, state, doing);
    if (!action) return std::nullopt;
    PathCost cost;
    ExecutedStep step;
    while (action && cost.steps < max_steps) {
        State next = state;
        const StepResult result = perform_recorded(program, next, *action, step);
        if (result.blocked != Blocked::no) {
            cost.waits = true;
            return cost;
        }
        state = next;
        count(program, step, result, cost);
        const unsigned thread = action->thread;
        if (action->kind == Action::Kind::device ||
            program.layout.get(state, Field::pc, thread) == 0)
            return cost;
        action = Action{Action::Kind::step, static_cast<std::uint8_t>(thread), 0, 0, 0, 0};
    }
    cost.endless = true;
    return cost;
}

}  // namespace

std::optional<PathCost> measure_cost(const Program& program, const std::vector<Doing>& setup,
                                     const Doing& measured) {
    State state = program.start;
    for (const Doing& doing : setup) {
        auto cost = run_alone(program, state, doing);
        if (!cost || cost->waits) return std::nullopt;
        if (cost->endless) return cost;
    }
    return run_alone(program, state, measured);
}

}  // namespace cowcheck
