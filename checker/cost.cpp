#include "checker/cost.h"

#include "checker/executed.h"

namespace cowcheck {

namespace {

constexpr unsigned max_steps = 10000;  // a design may go round in circles

bool changes_a_count(const Instruction& i) {
    switch (i.code) {
    case Code::get:
    case Code::try_get:
    case Code::put: return true;
    case Code::add_field:
    case Code::sub_field: {
        const auto field = static_cast<Field>(i.c);
        return field == Field::refcount || field == Field::mapcount ||
               field == Field::tlb_flush_pending;
    }
    default: return false;
    }
}

bool takes_a_lock(const Instruction& i) {
    return i.code == Code::lock_mmap_read || i.code == Code::lock_mmap_write ||
           i.code == Code::lock_ptl || i.code == Code::lock_page || i.code == Code::trylock_page;
}

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
        cost.locks += takes_a_lock(i);
        cost.counts += changes_a_count(i);
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
    return std::nullopt;
}

}  // namespace

std::optional<PathCost> measure_cost(const Program& program, const std::vector<Doing>& setup,
                                     const Doing& measured) {
    State state = program.start;
    for (const Doing& doing : setup) {
        const auto cost = run_alone(program, state, doing);
        if (!cost || cost->waits) return std::nullopt;
    }
    return run_alone(program, state, measured);
}

}  // namespace cowcheck
