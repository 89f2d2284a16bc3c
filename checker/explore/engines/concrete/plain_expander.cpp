#include "checker/explore/engines/concrete/plain_expander.h"

#include "model/machine/expand.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace cowcheck {

PlainExpander::PlainExpander(const TransitionSystem& system, Partition& partition)
    : system_(system), owner_(partition.number()), owners_(partition.owners()),
      set_(partition.set()), keys_(batch) {}

void PlainExpander::expand(const FrontierRange& range,
                           std::span<std::vector<PackedState>> outboxes) {
    work_ = range.work;
    outboxes_ = outboxes;
    for (std::uint64_t begin = range.states.begin; begin < range.states.end; begin += batch) {
        const auto count =
            static_cast<std::size_t>(std::min<std::uint64_t>(batch, range.states.end - begin));
        packed_.resize(count);
        numbers_.resize(count);
        begin_ = begin;
        if (work_.starts)
            expand_starts();
        else
            expand_steps();
        insert_children();
    }
}

void PlainExpander::expand_steps() {
    set_.get_batch(begin_, packed_, numbers_);
    look_at_rights();
    for (std::size_t i = 0; i < packed_.size(); ++i) {
        keys_[i] = CheckedGlobals::key(numbers_[i].left, busy(i).processes);
        clean_.prefetch(keys_[i]);
    }
    for (std::size_t i = 0; i < packed_.size(); ++i) expand_steps_of(i);
}

// Most of the states are never looked at: their halves' numbers are enough.
void PlainExpander::expand_starts() {
    look_at_rights();
    for (std::size_t i = 0; i < packed_.size(); ++i) {
        const Root root = set_.root(begin_ + i);
        numbers_[i].left = root.left;
        numbers_[i].right = root.right;
        keys_[i] = OneStepMemo::key(root.left, busy(i).threads, busy(i).processes);
        instant_.prefetch(keys_[i]);
    }
    for (std::size_t i = 0; i < packed_.size(); ++i) expand_starts_of(i);
}

void PlainExpander::unpack(std::size_t i) {
    if (work_.starts)
        set_.get_batch(begin_ + i, std::span(packed_).subspan(i, 1),
                       std::span(numbers_).subspan(i, 1));
    system_.packing().unpack(packed_[i], state_);
}

// Who is at work in the right halves that have come since.
void PlainExpander::look_at_rights() {
    while (works_.size() < set_.right_components()) {
        PackedState packed;
        set_.get_right(static_cast<std::uint32_t>(works_.size()), packed);
        State state;
        system_.packing().unpack(packed, state);
        works_.push_back(system_.program().layout.work(state));
    }
}

void PlainExpander::expand_steps_of(std::size_t i) {
    unpack(i);
    const Expanded expanded =
        cowcheck::expand_steps(system_.program(), state_,
                               [&](const Action& action, const StepResult& result,
                                   const State& next) { add(i, action, result, next); });
    findings.waited_for_frame |= expanded.waits_for_frame;
    const std::uint32_t bad = check(i, expanded.stuck);
    if (bad != 0) note(bad, work_.transitions, i, work_.depth, std::nullopt);
}

// Properties that the state itself violates.
std::uint32_t PlainExpander::check(std::size_t i, Stuck stuck) {
    if (system_.program().always.entry == 0xffff || (!stuck.any() && clean_.has(keys_[i])))
        return 0;
    Machine<ElsewhereObserver> machine(system_.program(), state_);
    const StepResult result = machine.check(stuck);
    if (result.violated == 0 && !stuck.any() && !result.elsewhere) clean_.add(keys_[i]);
    return result.violated;
}

void PlainExpander::expand_starts_of(std::size_t i) {
    const unsigned most = system_.concurrency();
    if (most != 0 && static_cast<unsigned>(std::popcount(unsigned{busy(i).threads})) >= most)
        return expand_instant_of(i);
    unpack(i);
    findings.waited_for_frame |=
        cowcheck::expand_starts(system_.program(), state_, most,
                                [&](const Action& action, const StepResult& result,
                                    const State& next) { add(i, action, result, next); });
}

// No more operations may be under way: those start that are over at once.
void PlainExpander::expand_instant_of(std::size_t i) {
    const PartNumbers& from = numbers_[i];
    if (const auto known = instant_.find(keys_[i])) {
        findings.transitions += known->transitions;
        for (const std::uint32_t left : known->lefts) roots_.push_back({left, from.right});
        return;
    }
    unpack(i);
    const std::uint64_t before = findings.transitions;
    const std::size_t first = children_.size();
    bool keep = true;
    for_each_start(system_.program(), state_, true, [&](const Action& action) {
        State next = state_;
        const StepResult result = perform(system_.program(), next, action, ElsewhereObserver{});
        keep = keep && !result.elsewhere;
        findings.waited_for_frame |= result.blocked == Blocked::frames;
        if (result.blocked == Blocked::no &&
            in_flight(system_.program(), next) <= system_.concurrency())
            keep = add(i, action, result, next) && keep;
    });
    if (!keep) return;
    const std::span fresh = std::span(child_numbers_).subspan(first);
    set_.number_parts(std::span(children_).subspan(first), fresh);
    lefts_.clear();
    for (const PartNumbers& numbers : fresh) {
        assert(numbers.right == from.right);  // what is over has left no trace there
        lefts_.push_back(numbers.left);
        roots_.push_back(numbers.root());
    }
    children_.resize(first);
    child_numbers_.resize(first);
    instant_.put(keys_[i], {static_cast<std::uint32_t>(findings.transitions - before), lefts_});
}

// A transition of state `i`. False: whether it is one, and where to, need not be the same
// where other threads are at something else, or the state that it leads to is not ours.
bool PlainExpander::add(std::size_t i, const Action& action, const StepResult& result,
                        const State& next) {
    ++findings.transitions;
    findings.misled |= result.misled;
    if (result.violated != 0)
        note(result.violated, work_.transitions + 1, i,
             work_.starts ? work_.depth - 1 : work_.depth, action);
    const bool alike = !result.elsewhere && !result.misled && result.violated == 0;
    const PackedState packed = system_.packing().pack(next);
    const PartNumbers numbers = system_.packing().shared_parts(packed_[i], numbers_[i], packed);
    if (numbers.left != PartNumbers::unknown && numbers.right != PartNumbers::unknown)
        return alike;  // it is the same state
    // Whoever owns a state owns all that have the part by which owners are chosen.
    const bool first = system_.packing().split().first != 0;
    if ((first ? numbers.first : numbers.left) == PartNumbers::unknown) {
        const unsigned owner = owners_.of(packed);
        if (owner != owner_) {
            outboxes_[owner].push_back(packed);
            return false;
        }
    }
    children_.push_back(packed);
    child_numbers_.push_back(numbers);
    return alike;
}

void PlainExpander::insert_children() {
    set_.number_parts(children_, child_numbers_);
    for (const PartNumbers& numbers : child_numbers_) roots_.push_back(numbers.root());
    set_.insert_roots(roots_);
    children_.clear();
    child_numbers_.clear();
    roots_.clear();
}

void PlainExpander::note(std::uint32_t properties, unsigned transitions, std::size_t i,
                         unsigned state_operations, const std::optional<Action>& action) {
    findings.note(
        system_.program(), properties,
        {0, work_.depth, transitions, packed_[i], state_operations, work_.transitions, action});
}

}  // namespace cowcheck
