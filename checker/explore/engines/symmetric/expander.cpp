#include "checker/explore/engines/symmetric/expander.h"

#include "checker/symbolic/branches.h"

namespace cowcheck {

void Expander::expand(Block& block) {
    block_ = &block;
    for (const PackedState& packed : block.states)
        if (block.work.starts)
            expand_starts_of(packed);
        else
            expand_steps_of(packed);
}

void Expander::expand_steps_of(const PackedState& packed) {
    State state;
    system_.packing().unpack(packed, state);
    const unsigned depth = block_->work.depth;
    const Expanded expanded = system_.expand_steps(
        state, [&](const Action& action, const StepResult& result, State& next) {
            ++findings.transitions;
            findings.misled |= result.misled;
            if (result.violated != 0)
                note(result.violated, block_->work.transitions + 1, packed, depth, action);
            send(state, next);
        });
    findings.waited_for_frame |= expanded.waits_for_frame;
    const std::uint32_t bad = Machine<>(system_.program(), state).check_state(expanded.stuck);
    if (bad != 0) note(bad, block_->work.transitions, packed, depth, std::nullopt);
}

void Expander::expand_starts_of(const PackedState& packed) {
    State state;
    system_.packing().unpack(packed, state);
    const unsigned repeated = system_.symmetry() ? system_.canonical().repeated_cpus(state) : 0U;
    const auto each = [&](const Action& action, auto&& taken) {
        if (action.kind == Action::Kind::start && ((repeated >> action.thread) & 1U) != 0) return;
        if (system_.outside() != nullptr)
            return perform_every_way(system_.program(), state, action, *system_.outside(),
                                     NoObserver{}, taken);
        State next = state;
        const StepResult result = perform(system_.program(), next, action);
        taken(result, next);
    };
    findings.waited_for_frame |=
        expand_starts_with(system_.program(), state, system_.concurrency(), each,
                           [&](const Action& action, const StepResult& result, State& next) {
                               ++findings.transitions;
                               findings.misled |= result.misled;
                               if (result.violated != 0)
                                   note(result.violated, block_->work.transitions + 1, packed,
                                        block_->work.depth - 1, action);
                               send(state, next);
                           });
}

void Expander::send(const State& from, State& next) {
    if (next == from) return;  // stored already
    const PackedState packed = system_.pack(next);
    block_->outboxes[owners_.of(packed)].push_back(packed);
}

void Expander::note(std::uint32_t properties, unsigned transitions, const PackedState& state,
                    unsigned state_operations, const std::optional<Action>& action) {
    findings.note(system_.program(), properties,
                  {0, block_->work.depth, transitions, state, state_operations,
                   block_->work.transitions, action});
}

}  // namespace cowcheck
