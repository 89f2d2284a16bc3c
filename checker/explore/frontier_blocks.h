// The queue of an exploration, cut into pieces that any thread may take.
#pragma once

#include "checker/store/visited_set.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cowcheck {

// A run of positions in a visited set: states in the order of discovery.
struct Range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

// What states in the queue wait for.
struct WorkItem {
    bool starts = false;       // they start an operation, or else go on
    unsigned depth = 0;        // operations of what they lead to
    unsigned transitions = 0;  // that led to the states
};

// States of one partition that are expanded together, and what they lead to.
struct Block {
    static constexpr std::size_t most = 256;

    WorkItem work;
    std::vector<PackedState> states;
    std::vector<std::vector<PackedState>> outboxes;  // by partition that owns what is found
};

// States in a row that wait for the same.
struct FrontierRange {
    Range states;
    WorkItem work;
};

// Blocks that are used once and once more, with the memory that they have.
class Blocks {
public:
    explicit Blocks(std::size_t partitions) : partitions_(partitions) {}

    Block& add() {
        if (size_ == blocks_.size()) blocks_.emplace_back().outboxes.resize(partitions_);
        return blocks_[size_++];
    }
    void clear() { size_ = 0; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] std::span<Block> all() { return std::span(blocks_).first(size_); }

    // Of memory that waits for the next use as well.
    [[nodiscard]] std::size_t bytes() const {
        std::size_t states = 0;
        for (const Block& block : blocks_) {
            states += block.states.capacity();
            for (const auto& box : block.outboxes) states += box.capacity();
        }
        return states * sizeof(PackedState);
    }

private:
    std::size_t partitions_;
    std::vector<Block> blocks_;
    std::size_t size_ = 0;
};

}  // namespace cowcheck
