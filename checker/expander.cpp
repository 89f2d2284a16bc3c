#include "checker/expander.h"

#include "checker/outside/sides.h"

namespace cowcheck {

void Expander::expand(Block& block) {
    block_ = &block;
    for (const PackedState& packed : block.states)
        if (block.turn.starts)
            expand_starts_of(packed);
        else
            expand_steps_of(packed);
}

void Expander::expand_steps_of(const PackedState& packed) {
    State state;
    e_.packing_.unpack(packed, state);
    const unsigned depth = block_->turn.depth;
    const Expanded expanded = expand_steps(
        e_.p_, state, e_.outside_.get(),
        [&](const Action& action, const StepResult& result, State& next) {
            ++findings.transitions;
            findings.misled |= result.misled;
            if (result.violated != 0)
                note(result.violated, block_->turn.transitions + 1, packed, depth, action);
            send(state, next);
        });
    findings.waited_for_frame |= expanded.waits_for_frame;
    const std::uint32_t bad = Machine<>(e_.p_, state).check_state(expanded.deadlocked);
    if (bad != 0) note(bad, block_->turn.transitions, packed, depth, std::nullopt);
}

void Expander::expand_starts_of(const PackedState& packed) {
    State state;
    e_.packing_.unpack(packed, state);
    const unsigned repeated = e_.options_.symmetry ? e_.canonical_.repeated_cpus(state) : 0U;
    const auto each = [&](const Action& action, auto&& taken) {
        if (action.kind == Action::Kind::start && ((repeated >> action.thread) & 1U) != 0) return;
        if (e_.outside_)
            return perform_every_way(e_.p_, state, action, *e_.outside_, NoObserver{}, taken);
        State next = state;
        const StepResult result = perform(e_.p_, next, action);
        taken(result, next);
    };
    findings.waited_for_frame |=
        expand_starts_with(e_.p_, state, e_.options_.concurrency, each,
                           [&](const Action& action, const StepResult& result, State& next) {
                               ++findings.transitions;
                               findings.misled |= result.misled;
                               if (result.violated != 0)
                                   note(result.violated, block_->turn.transitions + 1, packed,
                                        block_->turn.depth - 1, action);
                               send(state, next);
                           });
}

void Expander::send(const State& from, State& next) {
    if (next == from) return;  // stored already
    if (e_.options_.symmetry) e_.canonical_.normalize(next);
    const PackedState packed = e_.packing_.pack(next);
    block_->outboxes[e_.owner_of(packed)].push_back(packed);
}

void Expander::note(std::uint32_t properties, unsigned transitions, const PackedState& state,
                    unsigned state_operations, const std::optional<Action>& action) {
    findings.note(e_.p_, properties,
                  {0, block_->turn.depth, transitions, state, state_operations,
                   block_->turn.transitions, action});
}

}  // namespace cowcheck
