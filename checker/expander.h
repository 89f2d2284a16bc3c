// One thread's hand in an exploration: it looks at states, at all that may come next, and at
// what that violates.
#pragma once

#include "checker/blocks.h"
#include "checker/explorer.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace cowcheck {

class Expander {
  public:
    explicit Expander(const Explorer &explorer) : found(32), e_(explorer) {}

    // Fills the block's outboxes.
    void expand(Block &block);

    [[nodiscard]] std::uint64_t transitions() const { return transitions_; }

    // Violations seen since somebody took them, the first of each property.
    std::vector<std::optional<Violation>> found;
    std::uint32_t reached = 0;
    bool misled = false; // some transition was

  private:
    void expand_steps_of(const PackedState &packed);
    void expand_starts_of(const PackedState &packed);
    void send(const State &from, State &next);
    void violation(std::uint32_t properties, unsigned transitions, const PackedState &state,
                   unsigned state_operations, const std::optional<Action> &action);

    const Explorer &e_;
    Block *block_ = nullptr; // at hand
    std::uint64_t transitions_ = 0;
};

// A total order on violations of one property: shortest first, then any fixed
// order, so that the choice does not depend on the number of threads.
[[nodiscard]] bool comes_before(const Violation &a, const Violation &b);

} // namespace cowcheck
