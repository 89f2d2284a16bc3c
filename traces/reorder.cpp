#include "traces/reorder.h"

#include "model/machine/expand.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

namespace cowcheck {

namespace {

constexpr unsigned fuel_for_the_rest = 2000;  // steps: loops that never end give up

// Who acts: a thread, or the device.
unsigned who(const Action& action) {
    return action.kind == Action::Kind::device ? 0xffU : unsigned{action.thread};
}

bool same_operation(const Action& a, const Action& b) {
    return a.kind == b.kind && a.thread == b.thread && a.mm == b.mm && a.va == b.va &&
           a.operation == b.operation && (a.kind != Action::Kind::device || a.pin == b.pin);
}

bool violates(const Program& program, const State& state, unsigned property,
              std::uint32_t by_event) {
    if (((by_event >> property) & 1U) != 0) return true;
    const bool asks_stuck =
        property < program.properties.size() && program.properties[property].asks_stuck;
    State copy = state;
    const std::uint32_t now =
        Machine<>(program, copy).check_state(asks_stuck ? how_stuck(program, state) : Stuck{});
    return ((now >> property) & 1U) != 0;
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
    bool about(const Action& action) {
        if (action.kind == Action::Kind::step) return idle(action.thread) || with_help(action);
        if (action.kind == Action::Kind::start)
            while (!idle(action.thread))
                if (!with_help({Action::Kind::step, action.thread, 0, 0, 0, 0})) return false;
        std::optional<Action> found;
        for_each_start(p_, state_, false, [&](const Action& possible) {
            if (!found && same_operation(possible, action)) {
                found = possible;
                found->transient = action.transient;
            }
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

// `later` and what its thread does before it, put before `earlier`.
std::optional<DecidingPair> try_order(const Program& program, std::span<const Action> schedule,
                                      unsigned property, const State& from, unsigned earlier,
                                      unsigned later) {
    DecidingPair pair{earlier, later, 0, false, {}, 0};
    Attempt attempt(program, property, from);
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
        if (!attempt.about(schedule[k - 1])) return std::nullopt;
        if (k == earlier) pair.done = static_cast<unsigned>(attempt.done.size());
    }
    for (unsigned k = later + 1; k <= schedule.size(); ++k)
        if (!attempt.about(schedule[k - 1])) return std::nullopt;
    if (!attempt.finish()) return std::nullopt;
    pair.schedule = std::move(attempt.done);
    return pair;
}

}  // namespace

std::vector<DecidingPair> deciding_pairs(const Program& program, std::span<const Action> schedule,
                                         unsigned property) {
    std::vector<State> states{program.start};
    for (const Action& action : schedule) {
        states.push_back(states.back());
        if (perform(program, states.back(), action).blocked != Blocked::no) return {};
    }
    std::vector<DecidingPair> pairs;
    for (unsigned later = 2; later <= schedule.size(); ++later)
        for (unsigned earlier = later - 1; earlier >= 1; --earlier) {
            if (who(schedule[earlier - 1]) == who(schedule[later - 1])) continue;
            auto pair = try_order(program, schedule, property, states[earlier - 1], earlier, later);
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
    std::vector<Action> left;  // operations that have not started yet
    for (const Action& action : schedule)
        if (action.kind != Action::Kind::step) left.push_back(action);
    State from = program.start;
    for (unsigned i = 0; i < pair.done; ++i) {
        const Action& action = pair.schedule[i];
        if (perform(program, from, action).blocked != Blocked::no) return;
        const auto found = std::find_if(left.begin(), left.end(), [&](const Action& one) {
            return same_operation(one, action);
        });
        if (action.kind != Action::Kind::step && found != left.end()) left.erase(found);
    }
    if (left.size() > 31) return;
    struct Node {
        State state;
        std::uint32_t used = 0;
    };
    std::set<std::pair<decltype(State::words), std::uint32_t>> known{{from.words, 0}};
    std::vector<Node> open{{from, 0}};
    bool bad = false;
    while (!open.empty() && !bad && known.size() < limits.max_states) {
        const Node node = open.back();
        open.pop_back();
        const auto take = [&](const Action& action, std::uint32_t used) {
            State next = node.state;
            const StepResult result = perform(program, next, action);
            if (result.blocked != Blocked::no ||
                (concurrency != 0 && in_flight(program, next) > concurrency))
                return;
            bad = bad || violates(program, next, property, result.violated);
            if (known.insert({next.words, used}).second) open.push_back({next, used});
        };
        for_each_step(program, node.state, [&](const Action& action) {
            for_each_transient(program, action,
                               [&](const Action& meeting) { take(meeting, node.used); });
        });
        for_each_start(program, node.state, false, [&](const Action& action) {
            for (std::size_t i = 0; i < left.size(); ++i)
                if (((node.used >> i) & 1U) == 0 && same_operation(left[i], action)) {
                    for_each_transient(program, action, [&](const Action& meeting) {
                        take(meeting, node.used | (1U << i));
                    });
                    return;
                }
        });
    }
    pair.whatever = open.empty() && !bad;
}

}  // namespace cowcheck
