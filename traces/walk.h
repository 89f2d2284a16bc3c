// A schedule that one goes through forwards and backwards, and may leave for another.
#pragma once

#include "traces/replay.h"
#include "traces/runner.h"

#include <string>
#include <vector>

namespace cowcheck {

// Something that could be done at a point.
struct Choice {
    Action action;
    std::string text;     // "cpu0 goes on: put page (v5.7.cow:101:20)", "cpu1 starts fork()"
    std::string blocked;  // why it is not possible now; empty if it is
};

class Walk {
public:
    // Stands at the start, and knows as many of the trace's steps as are possible.
    // What is not as it was, replay() tells.
    Walk(const Trace& trace, const Program& program);

    // Steps taken so far, and all that are known.
    [[nodiscard]] unsigned position() const { return position_; }
    [[nodiscard]] unsigned size() const { return static_cast<unsigned>(points_.size()) - 1; }
    // The step that led here; at the start, a step without anything in it.
    [[nodiscard]] const Outcome& outcome() const { return points_[position_].outcome; }
    [[nodiscard]] const TraceStep& step(unsigned number) const {
        return points_[number].outcome.step;
    }
    [[nodiscard]] const Runner& runner() const { return points_[position_].runner; }
    // The point before this one; itself at the start.
    [[nodiscard]] const Runner& before() const {
        return points_[position_ == 0 ? 0 : position_ - 1].runner;
    }
    // The point after so many steps.
    [[nodiscard]] const Runner& runner_at(unsigned number) const { return points_[number].runner; }
    // The first step after which a property of these bits is violated, if there is one.
    [[nodiscard]] std::optional<unsigned> first_violation(std::uint32_t bits) const;

    // `position` is at most size().
    void go(unsigned position) { position_ = position; }

    [[nodiscard]] std::vector<Choice> choices() const;
    // What came next, forgets it, and does this instead. If it is blocked, nothing
    // happens, and that is what the outcome says.
    Outcome take(const Action& action);
    // The last step that is still the trace's: after it another way was taken.
    [[nodiscard]] std::optional<unsigned> left_after() const { return left_after_; }
    // Back to where the trace was left, with the trace's own steps ahead.
    void rejoin();
    // The action that led to a point; `number` from 1 to size().
    [[nodiscard]] const Action& action(unsigned number) const { return points_[number].action; }

private:
    struct Point {
        Runner runner;
        Outcome outcome;
        Action action;
    };

    std::vector<Point> points_;  // [0] is the start
    std::vector<Point> trace_;   // the trace's own, once it was left
    std::optional<unsigned> left_after_;
    unsigned position_ = 0;
};

}  // namespace cowcheck
