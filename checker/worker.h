// One thread of an exploration, with the states that it owns.
#pragma once

#include "checker/explorer.h"

#include <span>

namespace cowcheck {

class Worker {
  public:
    Worker(const Explorer &explorer, unsigned number, unsigned workers);

    // The start state, if this worker owns it.
    void seed(const PackedState &start);

    // Prepares level `depth`; its first round is round 0.
    void begin_level(unsigned depth);
    // Expands up to `limit` states of this round, filling the outboxes. False: done.
    bool expand_some(std::size_t limit);
    // Takes what the others sent.
    void receive(std::vector<std::unique_ptr<Worker>> &workers);
    // All of the round's states are in: the next round begins.
    void next_round();
    // Whether any state waits in this round or a later one.
    [[nodiscard]] bool has_more() const;

    [[nodiscard]] const VisitedSet &set() const { return set_; }
    [[nodiscard]] const std::vector<Explorer::Layers> &levels() const { return levels_; }
    [[nodiscard]] std::uint64_t transitions() const { return transitions_; }
    [[nodiscard]] std::size_t bytes() const;

    // Violations seen since the last call, the first of each property.
    std::vector<std::optional<Violation>> found;
    std::uint32_t reached = 0;
    std::uint64_t expanded = 0;
    // States of the previous level that have started their operations in this one.
    [[nodiscard]] std::uint64_t frontier_done() const { return frontier_done_; }

  private:
    void expand_steps_of(const PackedState &packed);
    void expand_starts_of(const PackedState &packed);
    void send(const State &from, State &next);
    void violation(std::uint32_t properties, unsigned transitions, const PackedState &state,
                   unsigned state_operations, const std::optional<Action> &action);
    void insert(std::span<const PackedState> states);
    [[nodiscard]] bool is_subsumed(const PackedState &packed) const;

    const Explorer &e_;
    unsigned number_;
    VisitedSet set_;
    std::vector<Explorer::Layers> levels_;
    unsigned depth_ = 0;
    unsigned round_ = 0;            // transitions from the start
    std::uint64_t layer_begin_ = 0; // of the layer that is being filled
    std::uint64_t next_start_ = 0;  // positions in this round's two layers
    std::uint64_t next_step_ = 0;
    std::uint64_t transitions_ = 0;
    std::uint64_t frontier_done_ = 0;
    std::vector<std::vector<PackedState>> outbox_;  // by owner: states of the next round
    std::vector<Insertion> results_;
};

// A total order on violations of one property: shortest first, then any fixed
// order, so that the choice does not depend on the number of workers.
[[nodiscard]] bool comes_before(const Violation &a, const Violation &b);

} // namespace cowcheck
