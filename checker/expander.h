// One thread's hand in an exploration: it looks at states, at all that may come next, and at
// what that violates.
#pragma once

#include "checker/blocks.h"
#include "checker/findings.h"

#include <cstdint>
#include <optional>

namespace cowcheck {

class Expander {
public:
    explicit Expander(const Explorer& explorer) : e_(explorer) {}

    // Fills the block's outboxes.
    void expand(Block& block);

    Findings findings;

private:
    void expand_steps_of(const PackedState& packed);
    void expand_starts_of(const PackedState& packed);
    void send(const State& from, State& next);
    void note(std::uint32_t properties, unsigned transitions, const PackedState& state,
              unsigned state_operations, const std::optional<Action>& action);

    const Explorer& e_;
    Block* block_ = nullptr;  // at hand
};

}  // namespace cowcheck
