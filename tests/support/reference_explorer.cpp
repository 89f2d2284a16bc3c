#include "tests/support/reference_explorer.h"

#include "model/machine/actions.h"

#include <set>

namespace cowcheck::test {

namespace {

using Words = decltype(State::words);

unsigned under_way(const Program& program, const State& state) {
    unsigned n = 0;
    for (unsigned t = 0; t < program.world.threads.size(); ++t)
        n += program.layout.get(state, Field::pc, t) != 0;
    return n;
}

bool monitor_is_idle(const Program& program, const State& state) {
    for (unsigned t = 0; t < program.world.threads.size(); ++t)
        if (program.world.threads[t].actor == Actor::monitor &&
            program.layout.get(state, Field::pc, t) == 0)
            return true;
    return false;
}

class Reference {
public:
    Reference(const Program& program, unsigned depth, unsigned concurrency)
        : p_(program), depth_(depth), concurrency_(concurrency) {}

    Verdicts run() {
        todo_[{0, 0}] = {p_.start};
        std::vector<std::uint64_t> new_at(depth_ + 1);  // states first reached at that depth
        // Costs only grow along a schedule, so the cheapest way to a state comes first.
        while (!todo_.empty()) {
            const auto [cost, states] = *todo_.begin();
            todo_.erase(todo_.begin());
            for (const State& state : states)
                if (known_.insert(state.words).second) {
                    ++new_at[cost.first];
                    visit(state, cost);
                }
        }
        verdicts_.states = known_.size();
        verdicts_.depth = 0;
        while (verdicts_.depth < static_cast<int>(depth_) && !verdicts_.exhausted) {
            ++verdicts_.depth;
            verdicts_.exhausted = new_at[static_cast<unsigned>(verdicts_.depth)] == 0;
        }
        return verdicts_;
    }

private:
    static bool is_idle(const Program& program, const State& state, unsigned thread) {
        return program.layout.get(state, Field::pc, thread) == 0;
    }
    std::optional<State> after_step(const State& state, unsigned thread) const {
        State next = state;
        const Action step{Action::Kind::step, static_cast<std::uint8_t>(thread), 0, 0, 0, 0};
        return perform(p_, next, step).blocked == Blocked::no ? std::optional(next) : std::nullopt;
    }
    std::vector<unsigned> movable(const State& state) const {
        std::vector<unsigned> threads;
        for (unsigned t = 0; t < p_.layout.size(Scope::thread); ++t)
            if (!is_idle(p_, state, t) && after_step(state, t)) threads.push_back(t);
        return threads;
    }
    // One thread can move, and does until it stands where it stood before, while no other can.
    bool livelock(const State& state) const {
        std::vector<State> seen;
        State here = state;
        for (;;) {
            const std::vector<unsigned> threads = movable(here);
            if (seen.empty() && threads.size() != 1) return false;
            if (!seen.empty() && is_idle(p_, here, mover_)) return false;
            if (seen.empty()) mover_ = threads[0];
            const auto again = std::find(seen.begin(), seen.end(), here);
            if (again != seen.end())
                return std::all_of(again, seen.end(), [&](const State& one) {
                    return movable(one) == std::vector<unsigned>{mover_};
                });
            seen.push_back(here);
            const auto next = after_step(here, mover_);
            if (!next) return false;
            here = *next;
        }
    }
    mutable unsigned mover_ = 0;

    void visit(const State& state, Cost cost) {
        bool can_move = false;
        bool can_be_helped = false;
        for_each_step(p_, state, [&](const Action& action) {
            State next = state;
            const StepResult result = perform(p_, next, action);
            if (result.blocked == Blocked::no) {
                can_move = true;
                reach(next, {cost.first, cost.second + 1}, result.violated);
            }
            can_be_helped = can_be_helped || result.blocked == Blocked::frames ||
                            (result.blocked == Blocked::userfault && monitor_is_idle(p_, state));
        });
        const bool deadlock = under_way(p_, state) > 0 && !can_move && !can_be_helped;
        State copy = state;
        note(Machine<>(p_, copy).check_state({deadlock, livelock(state)}), cost);
        if (cost.first == depth_) return;
        for_each_start(p_, state, false, [&](const Action& action) {
            State next = state;
            const StepResult result = perform(p_, next, action);
            if (result.blocked == Blocked::no &&
                (concurrency_ == 0 || under_way(p_, next) <= concurrency_))
                reach(next, {cost.first + 1, cost.second + 1}, result.violated);
        });
    }

    void reach(const State& state, Cost cost, std::uint32_t violated) {
        ++verdicts_.transitions;
        note(violated, cost);
        if (!known_.contains(state.words)) todo_[cost].push_back(state);
    }

    void note(std::uint32_t violated, Cost cost) {
        for (unsigned property = 0; property < 32; ++property) {
            if ((violated >> property & 1U) == 0) continue;
            if (property < p_.properties.size() && p_.properties[property].sometimes) continue;
            const auto [at, is_new] =
                verdicts_.violated.try_emplace(property_name(p_, property), cost);
            if (!is_new) at->second = std::min(at->second, cost);
        }
    }

    const Program& p_;
    unsigned depth_;
    unsigned concurrency_;
    std::set<Words> known_;
    std::map<Cost, std::vector<State>> todo_;
    Verdicts verdicts_;
};

}  // namespace

Verdicts explore_simply(const Program& program, unsigned depth, unsigned concurrency) {
    return Reference(program, depth, concurrency).run();
}

}  // namespace cowcheck::test
