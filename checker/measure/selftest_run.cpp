#include "checker/measure/selftest_run.h"

#include "model/machine/expand.h"
#include "model/machine/schedule_tree.h"

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
        return hash_of(point.state) * 31U + point.started * 8U + point.thread;
    }
};

// It may start at any time.
bool in_background(const Program& p, const Action& action) {
    return action.kind != Action::Kind::step &&
           p.operations[action.operation].item.kind == OperationKind::speculative_get;
}

// Whether the action starts what the test does next.
bool is_next(const SelftestProgram& test, const Action& action, const Point& point) {
    const Program& p = test.program;
    if (point.started == test.actions.size() || action.kind == Action::Kind::step) return false;
    const SelftestAction& wanted = test.actions[point.started];
    if (!(p.operations[action.operation].item == wanted.item)) return false;
    const bool device = action.kind == Action::Kind::device;
    const unsigned va =
        device ? p.layout.get(point.state, Field::pin_va, action.pin) : unsigned{action.va};
    if (wanted.va >= 0 && static_cast<unsigned>(wanted.va) != va) return false;
    if (device) return wanted.actor == Actor::device;
    return p.world.threads[action.thread].actor == wanted.actor && action.mm == wanted.mm;
}

class Runner {
public:
    Runner(const SelftestProgram& test, std::uint64_t max_states)
        : test_(test), p_(test.program), max_states_(max_states), points_({p_.start, 0, nobody}) {}

    FixedOutcome run() {
        for (std::uint32_t i = 0; i < points_.size() && !found_; ++i) {
            expand(i);
            if (points_.size() > max_states_)
                return {FixedOutcome::What::limit, 0, {}, points_.size()};
        }
        outcome_.states = points_.size();
        return outcome_;
    }

private:
    // `last` leads on from the point, if it is not null.
    void finish(FixedOutcome::What what, std::uint32_t at, const Point& point,
                const Action* last = nullptr) {
        if (found_) return;
        found_ = true;
        outcome_.what = what;
        outcome_.step = point.started == 0 ? 0 : point.started - 1U;
        outcome_.schedule = points_.path(at, last);
    }

    // `own`: the action belongs to the operation that started last.
    void follow(std::uint32_t at, const Action& action, const StepResult& result, Point next,
                bool own) {
        const int property = next.started == 0 ? -1 : test_.actions[next.started - 1U].property;
        if (own && property >= 0 &&
            ((result.violated >> static_cast<unsigned>(property)) & 1U) != 0)
            finish(FixedOutcome::What::fails, at, next, &action);
        else if ((result.violated & assertion_bit) != 0)
            finish(FixedOutcome::What::asserts, at, next, &action);
        if (next.thread != nobody && p_.layout.get(next.state, Field::pc, next.thread) == 0)
            next.thread = nobody;
        (void)points_.add(next, at, action);
    }

    void expand(std::uint32_t at) {
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
        (void)expand_starts(
            p_, point.state, 0, [&](const Action& action, const StepResult& result, State& next) {
                if (in_background(p_, action))
                    return follow(at, action, result, {next, point.started, point.thread}, false);
                if (point.thread != nobody || !is_next(test_, action, point)) return;
                moved = true;
                const auto started = static_cast<std::uint8_t>(point.started + 1);
                const std::uint8_t thread =
                    action.kind == Action::Kind::device ? nobody : action.thread;
                follow(at, action, result, {next, started, thread}, true);
            });
        if (!moved && !waits) finish(FixedOutcome::What::stuck, at, point);
    }

    const SelftestProgram& test_;
    const Program& p_;
    std::uint64_t max_states_;
    ScheduleTree<Point, HashPoint> points_;
    bool found_ = false;
    FixedOutcome outcome_;
};

// Takes a schedule step by step.
class Follower {
public:
    explicit Follower(const SelftestProgram& test) : test_(test), p_(test.program) {
        point_.state = p_.start;
    }

    // False: it is not possible here.
    bool take(const Action& action) {
        if (!is_possible(action)) return false;
        const bool starts = action.kind != Action::Kind::step && !in_background(p_, action);
        own_ = starts || (action.kind == Action::Kind::step && action.thread == point_.thread);
        const StepResult result = perform(p_, point_.state, action);
        violated_ = result.violated;
        if (result.blocked != Blocked::no) return false;
        if (starts) ++point_.started;
        if (starts) point_.thread = action.kind == Action::Kind::device ? nobody : action.thread;
        if (point_.thread != nobody && p_.layout.get(point_.state, Field::pc, point_.thread) == 0)
            point_.thread = nobody;
        return true;
    }

    [[nodiscard]] bool shows(const FixedOutcome& outcome) const {
        using What = FixedOutcome::What;
        if (outcome.step != (point_.started == 0 ? 0U : point_.started - 1U)) return false;
        if (outcome.what == What::asserts) return (violated_ & assertion_bit) != 0;
        if (outcome.what == What::stuck) return is_stuck();
        if (outcome.what != What::fails || !own_) return false;
        const int property = test_.actions[outcome.step].property;
        return property >= 0 && ((violated_ >> static_cast<unsigned>(property)) & 1U) != 0;
    }

private:
    [[nodiscard]] bool is_possible(const Action& action) const {
        if (action.kind == Action::Kind::step)
            return action.thread < p_.layout.size(Scope::thread) &&
                   p_.layout.get(point_.state, Field::pc, action.thread) != 0;
        bool found = false;
        for_each_start(p_, point_.state, false,
                       [&](const Action& one) { found = found || one == action; });
        return found && (in_background(p_, action) ||
                         (point_.thread == nobody && is_next(test_, action, point_)));
    }

    // There is more to do, the test can't do it, and nobody else is at work.
    [[nodiscard]] bool is_stuck() const {
        bool moves = point_.started == test_.actions.size() && point_.thread == nobody;
        const auto look = [&](const Action& action) {
            State next = point_.state;
            moves = moves || perform(p_, next, action).blocked == Blocked::no;
        };
        for_each_step(p_, point_.state, look);
        for_each_start(p_, point_.state, false, [&](const Action& action) {
            if (!in_background(p_, action) && is_possible(action)) look(action);
        });
        return !moves;
    }

    const SelftestProgram& test_;
    const Program& p_;
    Point point_{};
    bool own_ = false;  // the last action is the test's
    std::uint32_t violated_ = 0;
};

}  // namespace

std::string why_not_so(const SelftestProgram& test, const FixedOutcome& outcome) {
    using What = FixedOutcome::What;
    if (outcome.what == What::passes || outcome.what == What::limit) return {};
    Follower follower(test);
    for (std::size_t i = 0; i < outcome.schedule.size(); ++i)
        if (!follower.take(outcome.schedule[i]))
            return "step " + std::to_string(i + 1) + " of " +
                   std::to_string(outcome.schedule.size()) + " is not possible";
    if (follower.shows(outcome)) return {};
    return "its steps are all possible, and what they should show does not happen";
}

FixedOutcome run_fixed(const SelftestProgram& test, std::uint64_t max_states) {
    return Runner(test, max_states).run();
}

}  // namespace cowcheck
