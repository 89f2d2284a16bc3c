#include "checker/partition.h"

#include "checker/huge_memory.h"
#include "checker/outside/sides.h"

#include <algorithm>

namespace cowcheck {

namespace {

// Address space for one array of one partition. All partitions of all explorations of a
// process together must find room, on large machines too; shares differ a little.
std::size_t share_of_memory(unsigned partitions) {
    return physical_memory_bytes() / partitions * std::min(partitions, 4U);
}

}  // namespace

Partition::Partition(const Explorer& explorer, unsigned number, unsigned partitions)
    : e_(explorer), number_(number), set_(explorer.packing_.split(), share_of_memory(partitions)) {}

void Partition::seed(const PackedState& start) { insert({&start, 1}); }

void Partition::begin_level(unsigned depth) {
    depth_ = depth;
    round_ = 0;
    levels_.resize(depth + 1);
    layer_begin_ = depth == 0 ? 0 : set_.size();
    levels_[depth].clear();
    levels_[depth].push_back({layer_begin_, set_.size()});
    layer_begin_ = set_.size();
    next_start_ = next_step_ = 0;
    frontier_done_ = 0;
}

Piece Partition::next_piece(std::size_t limit) {
    Piece piece{{}, {false, depth_, round_}};
    const auto take = [&](const Explorer::Range& layer, std::uint64_t& position) {
        piece.range.begin = layer.begin + position;
        piece.range.end = std::min(piece.range.begin + limit, layer.end);
        position += piece.range.end - piece.range.begin;
        return piece.range.end - piece.range.begin;
    };
    if (depth_ > 0 && round_ < levels_[depth_ - 1].size()) {
        const std::uint64_t starting = take(levels_[depth_ - 1][round_], next_start_);
        frontier_done_ += starting;
        piece.turn.starts = starting != 0;
    }
    if (!piece.turn.starts) expanded_ += take(levels_[depth_][round_], next_step_);
    return piece;
}

void Partition::cut(std::size_t limit, Blocks& blocks) {
    for (std::size_t left = limit; left > 0;) {
        const Piece piece = next_piece(std::min(left, Block::most));
        const auto count = static_cast<std::size_t>(piece.range.end - piece.range.begin);
        if (count == 0) return;
        Block& block = blocks.add();
        block.turn = piece.turn;
        block.states.resize(count);
        set_.get_batch(piece.range.begin, block.states);
        left -= count;
    }
}

void Partition::store(std::span<Block> blocks) {
    for (Block& block : blocks) {
        insert(block.outboxes[number_]);
        block.outboxes[number_].clear();
    }
}

// Whether the same state is stored with a constraint that allows as much or more: what
// follows from this one follows from that, which was reached as soon or sooner.
bool Partition::is_subsumed(const PackedState& packed) const {
    State state;
    e_.packing_.unpack(packed, state);
    const auto id = static_cast<Constraints::Id>(e_.p_.layout.get(state, Field::constraint, 0));
    for (const Constraints::Id weaker : e_.outside_->constraints.weaker(id)) {
        e_.p_.layout.set(state, Field::constraint, 0, weaker);
        if (set_.find(e_.packing_.pack(state))) return true;
    }
    return false;
}

void Partition::insert(std::span<const PackedState> states) {
    if (e_.outside_) {
        for (const PackedState& state : states) {
            Insertion result;
            if (!is_subsumed(state)) set_.insert_batch({&state, 1}, {&result, 1});
        }
        return;
    }
    constexpr std::size_t batch = 128;
    results_.resize(batch);
    for (std::size_t i = 0; i < states.size(); i += batch) {
        const std::size_t n = std::min(batch, states.size() - i);
        set_.insert_batch(states.subspan(i, n), std::span(results_).first(n));
    }
}

void Partition::next_round() {
    ++round_;
    levels_[depth_].push_back({layer_begin_, set_.size()});
    layer_begin_ = set_.size();
    next_start_ = next_step_ = 0;
}

bool Partition::has_more() const {
    const Explorer::Range range = levels_[depth_][round_];
    return range.begin < range.end || (depth_ > 0 && round_ < levels_[depth_ - 1].size());
}

}  // namespace cowcheck
