#include "checker/fixed_program.h"

#include "model/machine/expand.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace cowcheck {

namespace {

constexpr std::uint8_t nobody = 0xff;

// A point of the program: the machine, how many operations have started, and which
// thread runs the last of them.
struct Point {
    State state;
    std::uint8_t started = 0;
    std::uint8_t thread = nobody;

    friend bool operator==(const Point&, const Point&) = default;
};

struct HashPoint {
    std::size_t operator()(const Point& point) const {
        const std::string_view bytes(reinterpret_cast<const char*>(point.state.words.data()),
                                     sizeof point.state.words);
        return std::hash<std::string_view>{}(bytes)*31U + point.started * 8U + point.thread;
    }
};

class Runner {
public:
    Runner(const SelftestProgram& test, std::uint64_t max_states)
        : test_(test), p_(test.program), max_states_(max_states) {}

    FixedOutcome run() {
        add({p_.start, 0, nobody}, 0, {});
        for (std::size_t i = 0; i < points_.size() && !found_; ++i) {
            expand(i);
            if (points_.size() > max_states_)
                return {FixedOutcome::What::limit, 0, {}, points_.size()};
        }
        outcome_.states = points_.size();
        return outcome_;
    }

private:
    struct Origin {
        std::size_t point = 0;
        Action action;
    };

    void add(const Point& point, std::size_t from, const Action& action) {
        if (!known_.try_emplace(point, points_.size()).second) return;
        points_.push_back(point);
        origins_.push_back({from, action});
    }

    void finish(FixedOutcome::What what, std::size_t at, const Point& point) {
        if (found_) return;
        found_ = true;
        outcome_.what = what;
        outcome_.step = point.started == 0 ? 0 : point.started - 1U;
        for (; at != 0; at = origins_[at].point) outcome_.schedule.push_back(origins_[at].action);
        std::reverse(outcome_.schedule.begin(), outcome_.schedule.end());
    }

    // `own`: the action belongs to the operation that started last.
    void follow(std::size_t at, const Action& action, const StepResult& result, Point next,
                bool own) {
        const int property = next.started == 0 ? -1 : test_.actions[next.started - 1U].property;
        if (own && property >= 0 &&
            ((result.violated >> static_cast<unsigned>(property)) & 1U) != 0) {
            finish(FixedOutcome::What::fails, at, next);
            outcome_.schedule.push_back(action);
        } else if ((result.violated & assertion_bit) != 0) {
            finish(FixedOutcome::What::asserts, at, next);
            outcome_.schedule.push_back(action);
        }
        if (next.thread != nobody && p_.layout.get(next.state, Field::pc, next.thread) == 0)
            next.thread = nobody;
        add(next, at, action);
    }

    void expand(std::size_t at) {
        const Point point = points_[at];
        bool waits = false;  // for somebody who may yet move
        bool moved = point.started == test_.actions.size() && point.thread == nobody;
        (void)expand_steps(p_, point.state,
                           [&](const Action& action, const StepResult& result, State& next) {
                               const bool own = action.thread == point.thread;
                               moved = moved || own;
                               waits = waits || !own;
                               follow(at, action, result, {next, point.started, point.thread}, own);
                           });
        expand_starts(
            p_, point.state, 0, [&](const Action& action, const StepResult& result, State& next) {
                if (in_background(action))
                    return follow(at, action, result, {next, point.started, point.thread}, false);
                if (point.thread != nobody || !is_next(action, point)) return;
                moved = true;
                const auto started = static_cast<std::uint8_t>(point.started + 1);
                const std::uint8_t thread =
                    action.kind == Action::Kind::device ? nobody : action.thread;
                follow(at, action, result, {next, started, thread}, true);
            });
        if (!moved && !waits) finish(FixedOutcome::What::stuck, at, point);
    }

    bool in_background(const Action& action) const {
        return p_.operations[action.operation].item.kind == OperationKind::speculative_get;
    }

    bool is_next(const Action& action, const Point& point) const {
        if (point.started == test_.actions.size()) return false;
        const SelftestAction& wanted = test_.actions[point.started];
        if (!(p_.operations[action.operation].item == wanted.item)) return false;
        const bool device = action.kind == Action::Kind::device;
        const unsigned va =
            device ? p_.layout.get(point.state, Field::pin_va, action.pin) : unsigned{action.va};
        if (wanted.va >= 0 && static_cast<unsigned>(wanted.va) != va) return false;
        if (device) return wanted.actor == Actor::device;
        return p_.world.threads[action.thread].actor == wanted.actor && action.mm == wanted.mm;
    }

    const SelftestProgram& test_;
    const Program& p_;
    std::uint64_t max_states_;
    std::vector<Point> points_;
    std::vector<Origin> origins_;
    std::unordered_map<Point, std::size_t, HashPoint> known_;
    bool found_ = false;
    FixedOutcome outcome_;
};

}  // namespace

FixedOutcome run_fixed(const SelftestProgram& test, std::uint64_t max_states) {
    return Runner(test, max_states).run();
}

}  // namespace cowcheck
