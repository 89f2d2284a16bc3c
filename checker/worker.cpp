#include "checker/worker.h"

#include "checker/outside/sides.h"
#include "checker/huge_memory.h"

#include <algorithm>
#include <bit>
#include <tuple>

namespace cowcheck {

namespace {

auto order_of(const Action &a) {
    return std::tuple(a.kind, a.thread, a.operation, a.mm, a.va, a.pin);
}

// Address space for one array of one worker. All workers of all explorations of a
// process together must find room, on large machines too; shares differ a little.
std::size_t share_of_memory(unsigned workers) {
    return physical_memory_bytes() / workers * std::min(workers, 4U);
}

} // namespace

bool comes_before(const Violation &a, const Violation &b) {
    if (a.operations != b.operations)
        return a.operations < b.operations;
    if (a.transitions != b.transitions)
        return a.transitions < b.transitions;
    if (a.state.words != b.state.words)
        return a.state.words < b.state.words;
    if (a.action.has_value() != b.action.has_value())
        return a.action.has_value() < b.action.has_value();
    return a.action && order_of(*a.action) < order_of(*b.action);
}

void Blocks::clear() {
    size_ = 0;
    next_ = 0;
}

void Blocks::add(unsigned owner, bool starts, std::uint64_t first, std::size_t count) {
    if (size_ == blocks_.size())
        blocks_.emplace_back().outboxes.resize(workers_);
    Block &block = blocks_[size_++];
    block.owner = owner;
    block.starts = starts;
    block.first = first;
    block.count = count;
}

Block *Blocks::take() {
    const std::size_t i = next_++;
    return i < size_ ? &blocks_[i] : nullptr;
}

std::size_t Blocks::bytes() const {
    std::size_t bytes = 0;
    for (const Block &block : blocks_)
        for (const auto &box : block.outboxes)
            bytes += box.capacity() * sizeof(PackedState);
    return bytes;
}

Worker::Worker(const Explorer &explorer, unsigned number, unsigned workers)
    : found(32), e_(explorer), number_(number),
      set_(explorer.packing_.split(), share_of_memory(workers)) {}

std::size_t Worker::bytes() const { return set_.bytes(); }

void Worker::seed(const PackedState &start) { insert({&start, 1}); }

void Worker::begin_level(unsigned depth) {
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

void Worker::plan(std::size_t limit, Blocks &blocks) {
    const auto cut = [&](bool starts, const Explorer::Range &range, std::uint64_t &position) {
        std::size_t planned = 0;
        while (limit > 0 && range.begin + position < range.end) {
            const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(
                std::min(limit, Block::most), range.end - range.begin - position));
            blocks.add(number_, starts, range.begin + position, count);
            position += count;
            planned += count;
            limit -= count;
        }
        return planned;
    };
    if (depth_ > 0 && round_ < levels_[depth_ - 1].size())
        frontier_done_ += cut(true, levels_[depth_ - 1][round_], next_start_);
    expanded += cut(false, levels_[depth_][round_], next_step_);
}

void Worker::expand(Block &block, const Worker &owner) {
    std::array<PackedState, 64> states;
    outboxes_ = &block.outboxes;
    for (std::size_t at = 0; at < block.count; at += states.size()) {
        const auto some = std::span(states).first(std::min(states.size(), block.count - at));
        owner.set_.get_batch(block.first + at, some);
        for (const PackedState &packed : some)
            if (block.starts)
                expand_starts_of(packed);
            else
                expand_steps_of(packed);
    }
}

void Worker::expand_steps_of(const PackedState &packed) {
    State state;
    e_.packing_.unpack(packed, state);
    const bool deadlocked =
        expand_steps(e_.p_, state, e_.outside_.get(), [&](const Action &action, const StepResult &result, State &next) {
            ++transitions_;
            misled |= result.misled;
            if (result.violated != 0)
                violation(result.violated, round_ + 1, packed, depth_, action);
            send(state, next);
        });
    const std::uint32_t bad = Machine<>(e_.p_, state).check_state(deadlocked);
    if (bad != 0)
        violation(bad, round_, packed, depth_, std::nullopt);
}

void Worker::expand_starts_of(const PackedState &packed) {
    State state;
    e_.packing_.unpack(packed, state);
    expand_starts(e_.p_, state, e_.options_.concurrency, e_.outside_.get(),
                  [&](const Action &action, const StepResult &result, State &next) {
                      ++transitions_;
                      misled |= result.misled;
                      if (result.violated != 0)
                          violation(result.violated, round_ + 1, packed, depth_ - 1,
                                    action);
                      send(state, next);
                  });
}

void Worker::send(const State &from, State &next) {
    if (next == from)
        return; // stored already
    if (e_.options_.symmetry)
        e_.canonical_.normalize(next);
    const PackedState packed = e_.packing_.pack(next);
    (*outboxes_)[e_.owner_of(packed)].push_back(packed);
}

void Worker::violation(std::uint32_t properties, unsigned transitions, const PackedState &state,
                       unsigned state_operations, const std::optional<Action> &action) {
    for (; properties != 0; properties &= properties - 1) {
        const auto property = static_cast<unsigned>(std::countr_zero(properties));
        if (property < e_.p_.properties.size() && e_.p_.properties[property].sometimes) {
            reached |= 1U << property;
            continue;
        }
        Violation v{property, depth_, transitions, state, state_operations, round_, action};
        if (!found[property] || comes_before(v, *found[property]))
            found[property] = v;
    }
}

void Worker::receive(std::span<Block> blocks) {
    for (Block &block : blocks) {
        insert(block.outboxes[number_]);
        block.outboxes[number_].clear();
    }
}

// Whether the same state is stored with a constraint that allows as much or more: what
// follows from this one follows from that, which was reached as soon or sooner.
bool Worker::is_subsumed(const PackedState &packed) const {
    State state;
    e_.packing_.unpack(packed, state);
    const auto id =
        static_cast<Constraints::Id>(e_.p_.layout.get(state, Field::constraint, 0));
    for (const Constraints::Id weaker : e_.outside_->constraints.weaker(id)) {
        e_.p_.layout.set(state, Field::constraint, 0, weaker);
        if (set_.find(e_.packing_.pack(state)))
            return true;
    }
    return false;
}

void Worker::insert(std::span<const PackedState> states) {
    if (e_.outside_) {
        for (const PackedState &state : states) {
            Insertion result;
            if (!is_subsumed(state))
                set_.insert_batch({&state, 1}, {&result, 1});
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

void Worker::next_round() {
    ++round_;
    levels_[depth_].push_back({layer_begin_, set_.size()});
    layer_begin_ = set_.size();
    next_start_ = next_step_ = 0;
}

bool Worker::has_more() const {
    const Explorer::Range range = levels_[depth_][round_];
    return range.begin < range.end ||
           (depth_ > 0 && round_ < levels_[depth_ - 1].size());
}

} // namespace cowcheck
