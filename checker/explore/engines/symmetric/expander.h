// One thread's hand in an exploration: it looks at states, at all that may come next, and at
// what that violates.
#pragma once

#include "checker/explore/findings.h"
#include "checker/explore/frontier_blocks.h"
#include "checker/explore/partition.h"
#include "checker/system/transition_system.h"

#include <cstdint>
#include <optional>

namespace cowcheck {

class Expander {
public:
    Expander(const TransitionSystem& system, const Owners& owners)
        : system_(system), owners_(owners) {}

    // Fills the block's outboxes.
    void expand(Block& block);

    Findings findings;

private:
    void expand_steps_of(const PackedState& packed);
    void expand_starts_of(const PackedState& packed);
    void send(const State& from, State& next);
    void note(std::uint32_t properties, unsigned transitions, const PackedState& state,
              unsigned state_operations, const std::optional<Action>& action);

    const TransitionSystem& system_;
    Owners owners_;
    Block* block_ = nullptr;  // at hand
};

}  // namespace cowcheck
