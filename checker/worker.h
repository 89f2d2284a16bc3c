// One thread of an exploration, with the states that it owns.
//
// A round is cut into chunks, and these into blocks. First whoever is free expands the next
// block, whose states anybody may own, and nobody stores any; then each worker stores what
// it owns of what the blocks lead to, in their order. So the sets do not depend on who was
// faster, and nobody waits long.
#pragma once

#include "checker/explorer.h"

#include <atomic>
#include <span>

namespace cowcheck {

// States of one owner that are expanded together, and what they lead to.
struct Block {
    static constexpr std::size_t most = 256;

    unsigned owner = 0;
    bool starts = false;     // they start an operation, or else go on
    std::uint64_t first = 0; // index in the owner's set
    std::size_t count = 0;
    std::vector<std::vector<PackedState>> outboxes; // by owner
};

// The blocks of a chunk. They keep their memory for the next chunk.
class Blocks {
  public:
    explicit Blocks(unsigned workers) : workers_(workers) {}

    void clear();
    void add(unsigned owner, bool starts, std::uint64_t first, std::size_t count);
    [[nodiscard]] std::span<Block> all() { return std::span(blocks_).first(size_); }
    // One that nobody has taken yet, or nullptr. Any number of threads at a time.
    [[nodiscard]] Block *take();
    [[nodiscard]] std::size_t bytes() const;

  private:
    unsigned workers_;
    std::vector<Block> blocks_;
    std::size_t size_ = 0;
    std::atomic<std::size_t> next_{0};
};

class Worker {
  public:
    Worker(const Explorer &explorer, unsigned number, unsigned workers);

    // The start state, if this worker owns it.
    void seed(const PackedState &start);

    // Prepares level `depth`; its first round is round 0.
    void begin_level(unsigned depth);
    // Cuts up to `limit` of its states that wait in this round into blocks.
    void plan(std::size_t limit, Blocks &blocks);
    // Expands a block of any worker's, filling its outboxes.
    void expand(Block &block, const Worker &owner);
    // Stores what it owns of what the blocks lead to.
    void receive(std::span<Block> blocks);
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
    bool misled = false; // some transition was
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
    std::vector<std::vector<PackedState>> *outboxes_ = nullptr; // of the block at hand
    std::vector<Insertion> results_;
};

// A total order on violations of one property: shortest first, then any fixed
// order, so that the choice does not depend on the number of workers.
[[nodiscard]] bool comes_before(const Violation &a, const Violation &b);

} // namespace cowcheck
