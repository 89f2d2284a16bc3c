#include "traces/walk.h"

#include "traces/blocked.h"
#include "traces/find_action.h"
#include "traces/text.h"

#include <algorithm>

namespace cowcheck {

namespace {

std::string going_on(const Program& program, const State& state, unsigned thread) {
    const Rest& rest = program.rests[program.layout.get(state, Field::pc, thread)];
    return program.world.threads[thread].name + " goes on: " + rest.told().text + " (" +
           to_text(place_of(rest.span)) + ")";
}

std::string starting(const Program& program, const Action& action) {
    const MenuItem& item = program.operations[action.operation].item;
    if (action.kind == Action::Kind::device)
        return "device: " + to_text(item) + " through " + pin_name(action.pin);
    std::string text = program.world.threads[action.thread].name + " starts " + to_text(item);
    if (program.world.threads[action.thread].actor != Actor::cpu)
        text += " on " + process_name(program, action.mm);
    if (program.layout.pages > 1 && info(item.kind).parameters.starts_with("va"))
        text += ", virtual page " + std::to_string(action.va);
    return text;
}

}  // namespace

Walk::Walk(const Trace& trace, const Program& program) {
    Runner runner(with_numbers_of(program, trace.header));
    points_.push_back({runner, runner.check(), {}});
    for (const TraceStep& step : trace.steps) {
        const FoundAction found = find_action(runner.program(), runner.state(), step);
        if (!found.action) break;
        Outcome outcome = runner.perform(*found.action);
        if (outcome.blocked != Blocked::no) break;
        points_.push_back({runner, std::move(outcome), *found.action});
    }
}

std::optional<unsigned> Walk::first_violation(std::uint32_t bits) const {
    for (unsigned i = 0; i < points_.size(); ++i)
        if ((points_[i].outcome.violated() & bits) != 0) return i;
    return std::nullopt;
}

std::vector<Choice> Walk::choices() const {
    const Program& program = runner().program();
    const State& state = runner().state();
    std::vector<Choice> list;
    const auto add = [&](const Action& action, const std::string& text) {
        // Transient references are mentioned where they make a difference.
        std::vector<State> seen;
        for_each_transient(program, action, [&](const Action& meeting) {
            State next = state;
            const Blocked blocked = cowcheck::perform(program, next, meeting).blocked;
            if (std::find(seen.begin(), seen.end(), next) != seen.end()) return;
            seen.push_back(next);
            list.push_back({meeting, text + transient_text(meeting.transient),
                            blocked == Blocked::no
                                ? std::string()
                                : why_blocked(program, state, meeting, blocked)});
        });
    };
    for_each_step(program, state, [&](const Action& action) {
        add(action, going_on(program, state, action.thread));
    });
    for_each_start(program, state, false,
                   [&](const Action& action) { add(action, starting(program, action)); });
    return list;
}

Outcome Walk::take(const Action& action) {
    Point next = points_[position_];
    next.outcome = next.runner.perform(action);
    next.action = action;
    if (next.outcome.blocked != Blocked::no) return next.outcome;
    if (position_ < size() && points_[position_ + 1].action == action) {  // no other way at all
        ++position_;
        return outcome();
    }
    if (!left_after_) {
        trace_ = points_;
        left_after_ = position_;
    } else if (position_ < *left_after_) {
        left_after_ = position_;
    }
    points_.resize(position_ + 1, points_.front());
    points_.push_back(std::move(next));
    ++position_;
    return outcome();
}

void Walk::rejoin() {
    if (!left_after_) return;
    points_ = std::move(trace_);
    trace_.clear();
    position_ = *left_after_;
    left_after_.reset();
}

}  // namespace cowcheck
