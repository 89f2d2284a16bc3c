#include "checker/explore/partition.h"

#include "checker/store/huge_memory.h"
#include "checker/symbolic/branches.h"

#include <algorithm>

namespace cowcheck {

namespace {

// Address space for one array of one partition. All partitions of all explorations of a
// process together must find room, on large machines too; shares differ a little.
std::size_t share_of_memory(unsigned partitions) {
    return physical_memory_bytes() / partitions * std::min(partitions, 4U);
}

}  // namespace

unsigned Owners::of(const PackedState& packed) const {
    if (partitions_ == 1) return 0;
    // By what the left half begins with, so that no left half is stored twice, and what a state
    // leads to is mostly of its own owner: states that are expanded one after the other are
    // alike then, and the processor guesses better which way they go.
    const unsigned first = packing_->split().first;
    const std::uint64_t hash = VisitedSet::hash(
        std::span(packed.words).first(first != 0 ? first : packing_->left_words()));
    return static_cast<unsigned>(((hash >> 32U) * partitions_) >> 32U);
}

Partition::Partition(const TransitionSystem& system, unsigned number, unsigned partitions)
    : system_(system), number_(number), owners_(system.packing(), partitions),
      set_(system.packing().split(), share_of_memory(partitions)) {}

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

FrontierRange Partition::next_range(std::size_t limit) {
    FrontierRange found{{}, {false, depth_, round_}};
    const auto take = [&](const Range& layer, std::uint64_t& position) {
        found.states.begin = layer.begin + position;
        found.states.end = std::min(found.states.begin + limit, layer.end);
        position += found.states.end - found.states.begin;
        return found.states.end - found.states.begin;
    };
    if (depth_ > 0 && round_ < levels_[depth_ - 1].size()) {
        const std::uint64_t starting = take(levels_[depth_ - 1][round_], next_start_);
        frontier_done_ += starting;
        found.work.starts = starting != 0;
    }
    if (!found.work.starts) expanded_ += take(levels_[depth_][round_], next_step_);
    return found;
}

void Partition::cut(std::size_t limit, Blocks& blocks) {
    for (std::size_t left = limit; left > 0;) {
        const FrontierRange range = next_range(std::min(left, Block::most));
        const auto count = static_cast<std::size_t>(range.states.end - range.states.begin);
        if (count == 0) return;
        Block& block = blocks.add();
        block.work = range.work;
        block.states.resize(count);
        set_.get_batch(range.states.begin, block.states);
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
    system_.packing().unpack(packed, state);
    const auto id =
        static_cast<Constraints::Id>(system_.program().layout.get(state, Field::constraint, 0));
    for (const Constraints::Id weaker : system_.outside()->constraints.weaker(id)) {
        system_.program().layout.set(state, Field::constraint, 0, weaker);
        if (set_.find(system_.packing().pack(state))) return true;
    }
    return false;
}

void Partition::insert(std::span<const PackedState> states) {
    if (system_.outside() != nullptr) {
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

void Partition::save(ByteSink& sink) const {
    set_.save(sink);
    put(sink, std::uint64_t{levels_.size()});
    for (const Layers& layers : levels_) put_all(sink, layers);
    for (const unsigned number : {depth_, round_}) put(sink, number);
    for (const std::uint64_t number :
         {layer_begin_, next_start_, next_step_, expanded_, frontier_done_})
        put(sink, number);
}

void Partition::load(ByteSource& source) {
    set_.load(source);
    levels_.resize(take<std::uint64_t>(source));
    for (Layers& layers : levels_) layers = take_all<Range>(source);
    for (unsigned* number : {&depth_, &round_}) *number = take<unsigned>(source);
    for (std::uint64_t* number :
         {&layer_begin_, &next_start_, &next_step_, &expanded_, &frontier_done_})
        *number = take<std::uint64_t>(source);
}

bool Partition::has_more() const {
    const Range range = levels_[depth_][round_];
    return range.begin < range.end || (depth_ > 0 && round_ < levels_[depth_ - 1].size());
}

}  // namespace cowcheck
