#include "checker/explore/backtrack.h"

#include "model/machine/lost_schedule.h"

#include <algorithm>

namespace cowcheck {

namespace {

class Search {
public:
    Search(const TransitionSystem& system, std::span<const std::unique_ptr<Partition>> partitions)
        : system_(system), partitions_(partitions) {}

    [[nodiscard]] FoundSchedule schedule(const Violation& violation) const;

private:
    [[nodiscard]] std::optional<Violation> predecessor(const Violation& target) const;
    void add_numbers(const State& last, const std::vector<std::vector<Asked>>& asked,
                     FoundSchedule& found) const;
    void search_layer(const Violation& target, unsigned operations, unsigned transitions,
                      bool starts, std::optional<Violation>& best) const;

    const TransitionSystem& system_;
    std::span<const std::unique_ptr<Partition>> partitions_;
};

// All states of one layer that lead to the target by one transition.
void Search::search_layer(const Violation& target, unsigned operations, unsigned transitions,
                          bool starts, std::optional<Violation>& best) const {
    for (const auto& partition : partitions_) {
        const auto& levels = partition->levels();
        if (operations >= levels.size() || transitions >= levels[operations].size()) continue;
        const Range range = levels[operations][transitions];
        for (std::uint64_t i = range.begin; i < range.end; ++i) {
            Violation candidate;
            partition->set().get(i, candidate.state);
            State state;
            system_.packing().unpack(candidate.state, state);
            const auto found = [&](const Action&, const StepResult&, State& next) {
                if (system_.pack(next).words != target.state.words) return;
                candidate.state_operations = operations;
                candidate.state_transitions = transitions;
                if (!best || candidate.state.words < best->state.words) best = candidate;
            };
            if (starts)
                (void)system_.expand_starts(state, found);
            else
                (void)system_.expand_steps(state, found);
        }
    }
}

std::optional<Violation> Search::predecessor(const Violation& target) const {
    std::optional<Violation> best;
    const unsigned transitions = target.state_transitions - 1;
    search_layer(target, target.state_operations, transitions, false, best);
    if (target.state_operations > 0)
        search_layer(target, target.state_operations - 1, transitions, true, best);
    return best;
}

// Back through the layers to the start, then forwards on concrete names. What was forgotten on the
// way stays so, even where somebody may ask for it again later: else the states would be others.
FoundSchedule Search::schedule(const Violation& violation) const {
    std::vector<PackedState> path{violation.state};
    Violation at = violation;
    while (at.state_operations > 0 || at.state_transitions > 0) {
        const auto before = predecessor(at);
        if (!before)
            throw LostSchedule("no state leads to the one that was reached by " +
                               std::to_string(at.state_operations) + " operations and " +
                               std::to_string(at.state_transitions) + " transitions");
        at = *before;
        path.push_back(at.state);
    }
    FoundSchedule found;
    std::vector<Action>& actions = found.actions;
    std::vector<std::vector<Asked>> asked;  // of each transition
    State state = system_.program().start;
    system_.forget(state);
    unsigned transition = 0;
    const auto follow = [&](const auto& wanted) {
        std::optional<Action> taken;
        State reached;
        unsigned steps = 0;
        std::vector<Asked> asked_now;
        const auto look = [&](const Action& action, const StepResult& result, State& next) {
            if (taken || !wanted(result, next)) return;
            taken = action;
            reached = next;
            steps = result.steps;
            if (system_.outside() != nullptr) asked_now = system_.outside()->sides.asked();
        };
        (void)system_.expand_steps(state, look);
        if (!taken) (void)system_.expand_starts(state, look);
        if (!taken)
            throw LostSchedule("transition " + std::to_string(++transition) + " of " +
                               std::to_string(path.size() - 1 + (violation.action ? 1U : 0U)) +
                               " is not possible in the state that the ones before lead to");
        ++transition;
        actions.push_back(*taken);
        for (unsigned i = 1; i < steps; ++i)
            actions.push_back({Action::Kind::step, taken->thread, 0, 0, 0, 0});
        asked.resize(actions.size() - steps);
        asked.push_back(std::move(asked_now));
        state = reached;
        system_.forget(state);
    };
    for (auto next = path.rbegin() + 1; next != path.rend(); ++next)
        follow([&](const StepResult&, const State& reached) {
            State canonical = reached;
            return system_.pack(canonical).words == next->words;
        });
    if (violation.action)
        follow([&](const StepResult& result, const State&) {
            return (result.violated >> violation.property & 1U) != 0;
        });
    if (system_.outside() != nullptr) add_numbers(state, asked, found);
    return found;
}

// The smallest numbers with which the machine goes the way that was found; `asked` by the
// first action of each transition.
void Search::add_numbers(const State& last, const std::vector<std::vector<Asked>>& asked,
                         FoundSchedule& found) const {
    const auto known =
        static_cast<Constraints::Id>(system_.program().layout.get(last, Field::constraint, 0));
    found.numbers = system_.outside()->constraints.smallest(known);
    for (std::size_t i = 0; i < asked.size(); ++i)
        for (const Asked& one : asked[i]) {
            const unsigned step = one.step == 0 ? 0 : one.step - 1;
            if (i + step < found.actions.size())
                found.actions[i + step].transient = transient_of(asked[i], one.step, found.numbers,
                                                                 system_.program().world.transient);
        }
}

}  // namespace

FoundSchedule find_schedule(const TransitionSystem& system,
                            std::span<const std::unique_ptr<Partition>> partitions,
                            const Violation& violation) {
    return Search(system, partitions).schedule(violation);
}

}  // namespace cowcheck
