#include "traces/reorder.h"

#include "model/machine/expand.h"
#include "traces/order_search.h"

#include <algorithm>
#include <optional>

namespace cowcheck {

namespace {

constexpr unsigned fuel_for_the_rest = 2000;  // steps: loops that never end give up

// Who acts: a thread, or the device.
unsigned who(const Action& action) {
    return action.kind == Action::Kind::device ? 0xffU : unsigned{action.thread};
}

// Another order of the same operations, as it is being tried.
class Attempt {
public:
    Attempt(const Program& program, unsigned property, const State& from)
        : p_(program), property_(property), state_(from) {}

    std::vector<Action> done;  // from the start of the schedule on

    // One step as the schedule has it; false if this way leads nowhere.
    bool exactly(const Action& action) { return perform_now(action) == Blocked::no && !bad_; }

    // The same as far as it makes sense: an operation may have become shorter, longer,
    // or may have to wait.
    bool about(const Action& action, const ScheduledOperation* operation) {
        if (action.kind == Action::Kind::step) return idle(action.thread) || with_help(action);
        if (action.kind == Action::Kind::start)
            while (!idle(action.thread))
                if (!with_help({Action::Kind::step, action.thread, 0, 0, 0, 0})) return false;
        std::optional<Action> found;
        for_each_start(p_, state_, false, [&](const Action& possible) {
            if (found || !starts(p_, state_, possible, *operation)) return;
            found = possible;
            found->transient = action.transient;
        });
        return found && with_help(*found);
    }

    // Whatever is under way comes to its end, or waits for a monitor or a frame.
    bool finish() {
        for (;;) {
            bool running = false;
            bool moved = false;
            bool may_wait = true;
            for (unsigned t = 0; t < p_.layout.size(Scope::thread); ++t) {
                if (idle(t)) continue;
                running = true;
                const Blocked blocked =
                    perform_now({Action::Kind::step, static_cast<std::uint8_t>(t), 0, 0, 0, 0});
                if (bad_ || fuel_ == 0) return false;
                moved = moved || blocked == Blocked::no;
                may_wait = may_wait && (blocked == Blocked::no || blocked == Blocked::userfault ||
                                        blocked == Blocked::frames);
            }
            if (!running) return true;
            if (!moved) return may_wait;
        }
    }

private:
    bool idle(unsigned thread) const { return p_.layout.get(state_, Field::pc, thread) == 0; }

    Blocked perform_now(const Action& action) {
        State next = state_;
        const StepResult result = perform(p_, next, action);
        if (result.blocked != Blocked::no) return result.blocked;
        state_ = next;
        done.push_back(action);
        bad_ = bad_ || violates(p_, state_, property_, result.violated);
        fuel_ -= fuel_ > 0 ? 1 : 0;
        return Blocked::no;
    }

    // If the step is blocked, the others go on until it is not.
    bool with_help(const Action& action) {
        while (fuel_ > 0 && !bad_) {
            if (perform_now(action) == Blocked::no) return !bad_;
            bool moved = false;
            for (unsigned t = 0; t < p_.layout.size(Scope::thread) && !bad_; ++t)
                if (t != action.thread && !idle(t))
                    moved = perform_now({Action::Kind::step, static_cast<std::uint8_t>(t), 0, 0, 0,
                                         0}) == Blocked::no ||
                            moved;
            if (!moved) return false;
        }
        return false;
    }

    const Program& p_;
    unsigned property_;
    State state_;
    bool bad_ = false;
    unsigned fuel_ = fuel_for_the_rest;
};

// A schedule with the state before each of its actions, and the operations that those start.
struct Known {
    std::span<const Action> schedule;
    std::vector<State> states;
    std::vector<ScheduledOperation> operations;
    std::vector<const ScheduledOperation*> starting;  // by action; null: it goes on
};

// `later` and what its thread does before it, put before `earlier`.
std::optional<DecidingPair> try_order(const Program& program, const Known& known, unsigned property,
                                      unsigned earlier, unsigned later) {
    const std::span<const Action> schedule = known.schedule;
    const auto try_again = [&](Attempt& attempt, unsigned k) {
        return attempt.about(schedule[k - 1], known.starting[k - 1]);
    };
    DecidingPair pair{earlier, later, 0, false, {}, 0};
    Attempt attempt(program, property, known.states[earlier - 1]);
    attempt.done.assign(schedule.begin(), schedule.begin() + (earlier - 1));
    const unsigned mover = who(schedule[later - 1]);
    unsigned passed = 0;
    for (unsigned k = earlier; k <= later; ++k) {
        if (who(schedule[k - 1]) != mover) {
            ++passed;
            continue;
        }
        pair.moves += passed;
        if (!attempt.exactly(schedule[k - 1])) return std::nullopt;
    }
    for (unsigned k = earlier; k < later; ++k) {
        if (who(schedule[k - 1]) == mover) continue;
        if (!try_again(attempt, k)) return std::nullopt;
        if (k == earlier) pair.done = static_cast<unsigned>(attempt.done.size());
    }
    for (unsigned k = later + 1; k <= schedule.size(); ++k)
        if (!try_again(attempt, k)) return std::nullopt;
    if (!attempt.finish()) return std::nullopt;
    pair.schedule = std::move(attempt.done);
    return pair;
}

}  // namespace

std::vector<DecidingPair> deciding_pairs(const Program& program, std::span<const Action> schedule,
                                         unsigned property) {
    Known known{schedule, {program.start}, operations_of(program, schedule), {}};
    std::size_t started = 0;
    for (const Action& action : schedule) {
        known.states.push_back(known.states.back());
        if (perform(program, known.states.back(), action).blocked != Blocked::no) return {};
        const bool starts = action.kind != Action::Kind::step;
        known.starting.push_back(starts ? &known.operations[started++] : nullptr);
    }
    std::vector<DecidingPair> pairs;
    for (unsigned later = 2; later <= schedule.size(); ++later)
        for (unsigned earlier = later - 1; earlier >= 1; --earlier) {
            if (who(schedule[earlier - 1]) == who(schedule[later - 1])) continue;
            auto pair = try_order(program, known, property, earlier, later);
            if (!pair) continue;
            pairs.push_back(std::move(*pair));
            break;
        }
    std::stable_sort(pairs.begin(), pairs.end(), [](const DecidingPair& a, const DecidingPair& b) {
        return a.moves < b.moves;
    });
    return pairs;
}

void settle_whatever(const Program& program, std::span<const Action> schedule, unsigned property,
                     unsigned concurrency, const ReorderLimits& limits, DecidingPair& pair) {
    std::vector<ScheduledOperation> left = operations_of(program, schedule);
    State from = program.start;
    for (unsigned i = 0; i < pair.done; ++i) {
        const Action& action = pair.schedule[i];
        const auto found = std::find_if(left.begin(), left.end(), [&](const auto& operation) {
            return starts(program, from, action, operation);
        });
        if (action.kind != Action::Kind::step && found != left.end()) left.erase(found);
        if (perform(program, from, action).blocked != Blocked::no) return;
    }
    if (left.size() > OrderSearch::most_operations) return;
    OrderSearch search(program, std::move(left), from, {concurrency, limits.max_states, false});
    bool bad = false;
    const auto look = [&](const OrderSearch::Step& step) {
        bad = bad || violates(program, step.state, property, step.violated);
    };
    while (!bad && search.next_layer(look)) {}
    pair.whatever = search.is_exhausted() && !bad;
}

}  // namespace cowcheck
