// The states that one partition of an exploration owns: its visited set, which is its queue, and
// where in it levels and rounds begin. One thread at a time uses it, not always the same.
#pragma once

#include "checker/explore/frontier_blocks.h"
#include "checker/system/transition_system.h"

#include <cstdint>
#include <span>
#include <vector>

namespace cowcheck {

// Which partition a state belongs to.
class Owners {
public:
    Owners(const Packing& packing, unsigned partitions)
        : packing_(&packing), partitions_(partitions) {}

    [[nodiscard]] unsigned of(const PackedState& packed) const;

private:
    const Packing* packing_;
    unsigned partitions_;
};

class Partition {
public:
    Partition(const TransitionSystem& system, unsigned number, unsigned partitions);

    // The states of one level that were reached by s transitions, for every s.
    using Layers = std::vector<Range>;

    [[nodiscard]] unsigned number() const { return number_; }
    [[nodiscard]] const Owners& owners() const { return owners_; }

    // The start state, if it is this one's.
    void seed(const PackedState& start);

    // Prepares level `depth`; its first round is round 0.
    void begin_level(unsigned depth);
    // Takes up to `limit` of the states that wait in this round from the queue; none if there is
    // no more.
    [[nodiscard]] FrontierRange next_range(std::size_t limit);
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

    // While nothing that was taken from the queue is under way. A partition of the same number,
    // of as many, that nothing was put into yet goes on from there.
    void save(ByteSink& sink) const;
    void load(ByteSource& source);

    [[nodiscard]] const VisitedSet& set() const { return set_; }
    [[nodiscard]] VisitedSet& set() { return set_; }
    [[nodiscard]] const std::vector<Layers>& levels() const { return levels_; }
    // States that were cut from the queue, of this level's rounds ...
    [[nodiscard]] std::uint64_t expanded() const { return expanded_; }
    // ... and of the previous level, to start the operations of this one.
    [[nodiscard]] std::uint64_t frontier_done() const { return frontier_done_; }

private:
    [[nodiscard]] bool is_subsumed(const PackedState& packed) const;

    const TransitionSystem& system_;
    unsigned number_;
    Owners owners_;
    VisitedSet set_;
    std::vector<Layers> levels_;
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
