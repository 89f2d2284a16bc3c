// Expands the states of one partition, where they are stored as they are (no symmetry). Then the
// parts that a step leaves alone keep their numbers in the set, and what operations do that are
// over at once is looked up.
#pragma once

#include "checker/explore/engines/concrete/checked_globals.h"
#include "checker/explore/engines/concrete/one_step_memo.h"
#include "checker/explore/findings.h"
#include "checker/explore/partition.h"
#include "checker/system/transition_system.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace cowcheck {

class PlainExpander {
public:
    // What the partition owns goes there.
    PlainExpander(const TransitionSystem& system, Partition& partition);

    // Inserts what the partition owns of all that the states lead to. The rest goes to the
    // outboxes, by partition. Throws std::bad_alloc.
    void expand(const FrontierRange& range, std::span<std::vector<PackedState>> outboxes);

    Findings findings;

    [[nodiscard]] std::size_t bytes() const {
        return instant_.bytes() + clean_.bytes() + works_.capacity() * sizeof(Layout::Work);
    }

private:
    static constexpr std::size_t batch = 64;

    void expand_steps();
    void expand_steps_of(std::size_t i);
    void expand_starts();
    void expand_starts_of(std::size_t i);
    void expand_instant_of(std::size_t i);
    void look_at_rights();
    void unpack(std::size_t i);
    [[nodiscard]] const Layout::Work& busy(std::size_t i) const {
        return works_[numbers_[i].right];
    }
    [[nodiscard]] std::uint32_t check(std::size_t i, Stuck stuck);
    bool add(std::size_t i, const Action& action, const StepResult& result, const State& next);
    void insert_children();
    void note(std::uint32_t properties, unsigned transitions, std::size_t i,
              unsigned state_operations, const std::optional<Action>& action);

    const TransitionSystem& system_;
    unsigned owner_;
    Owners owners_;
    VisitedSet& set_;
    OneStepMemo instant_;
    CheckedGlobals clean_;
    std::vector<Layout::Work> works_;  // by the number of the right half
    WorkItem work_;                    // at hand
    std::span<std::vector<PackedState>> outboxes_;

    // A batch of its states, from this one on ...
    std::uint64_t begin_ = 0;
    std::vector<PackedState> packed_;
    std::vector<PartNumbers> numbers_;
    std::vector<std::uint64_t> keys_;  // in `clean_` or, where operations start, in `instant_`
    State state_;                      // the one that is being expanded
    // ... and what they lead to.
    std::vector<PackedState> children_;
    std::vector<PartNumbers> child_numbers_;
    std::vector<Root> roots_;
    std::vector<std::uint32_t> lefts_;  // scratch
};

}  // namespace cowcheck
