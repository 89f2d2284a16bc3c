// The states that one partition of an exploration owns: its visited set, which is its queue, and
// where in it levels and rounds begin. One thread at a time uses it, not always the same.
#pragma once

#include "checker/blocks.h"
#include "checker/explorer.h"

#include <cstdint>
#include <span>
#include <vector>

namespace cowcheck {

// States in a row that wait for the same.
struct Piece {
    Explorer::Range range;
    Turn turn;
};

class Partition {
public:
    Partition(const Explorer& explorer, unsigned number, unsigned partitions);

    // The start state, if it is this one's.
    void seed(const PackedState& start);

    // Prepares level `depth`; its first round is round 0.
    void begin_level(unsigned depth);
    // Takes up to `limit` of the states that wait in this round from the queue; none if there is
    // no more.
    [[nodiscard]] Piece next_piece(std::size_t limit);
    // Adds up to `limit` of the states that wait in this round to the blocks.
    void cut(std::size_t limit, Blocks& blocks);
    // Stores what it owns of what the blocks lead to, and takes it out of them.
    void store(std::span<Block> blocks);
    // Stores states that it owns.
    void insert(std::span<const PackedState> states);
    // All of the round's states are in: the next round begins.
    void next_round();
    // Transitions from the start to the states of this round.
    [[nodiscard]] unsigned round() const { return round_; }
    // Whether any state waits in this round or a later one.
    [[nodiscard]] bool has_more() const;

    [[nodiscard]] const VisitedSet& set() const { return set_; }
    [[nodiscard]] VisitedSet& set() { return set_; }
    [[nodiscard]] const std::vector<Explorer::Layers>& levels() const { return levels_; }
    // States that were cut from the queue, of this level's rounds ...
    [[nodiscard]] std::uint64_t expanded() const { return expanded_; }
    // ... and of the previous level, to start the operations of this one.
    [[nodiscard]] std::uint64_t frontier_done() const { return frontier_done_; }

private:
    [[nodiscard]] bool is_subsumed(const PackedState& packed) const;

    const Explorer& e_;
    unsigned number_;
    VisitedSet set_;
    std::vector<Explorer::Layers> levels_;
    unsigned depth_ = 0;
    unsigned round_ = 0;
    std::uint64_t layer_begin_ = 0;  // of the layer that is being filled
    std::uint64_t next_start_ = 0;   // positions in this round's two layers
    std::uint64_t next_step_ = 0;
    std::uint64_t expanded_ = 0;
    std::uint64_t frontier_done_ = 0;
    std::vector<Insertion> results_;
};

}  // namespace cowcheck
