// All ways in which a transition can go, for all numbers of references from outside: a
// guard that depends on them is followed to every side that is possible.
#pragma once

#include "checker/symbolic/constraints.h"
#include "model/machine/expand.h"

#include <array>
#include <span>
#include <vector>

namespace cowcheck {

// A question that was asked on the way, and the answer that was followed.
struct Asked {
    CountTerm term;
    Relation relation = Relation::equal;
    bool yes = false;
    unsigned step = 0;  // of the transition, from 1 on
};

// Answers the machine's questions, each way after the other: the transition is run again
// for each, the first answers as before, the last one that had two the other way.
class Sides {
public:
    explicit Sides(Constraints& constraints) : constraints_(constraints) {}

    void begin(Constraints::Id id) {
        from_ = id;
        choices_ = 0;
        again();
    }
    // Whether there is another way; then it is the next one.
    [[nodiscard]] bool another() {
        while (choices_ > 0 && !choice_[choices_ - 1]) --choices_;
        if (choices_ == 0) return false;
        choice_[choices_ - 1] = false;  // the answer is no
        again();
        return true;
    }

    // What is known at the end.
    [[nodiscard]] Constraints::Id known() { return constraints_.close(id_); }
    [[nodiscard]] const std::vector<Asked>& asked() const { return asked_; }
    // The solver gave up on something: nobody knows whether it goes on like this.
    [[nodiscard]] bool unanswered() const { return unanswered_; }

    // For the machine.
    bool decide(const CountTerm& term, Relation relation) {
        const Constraints::Split split = constraints_.split(id_, term, relation);
        bool yes = split.yes != Constraints::none;
        unanswered_ = unanswered_ || (!yes && split.no == Constraints::none);
        if (yes && split.no != Constraints::none && at_ < choice_.size()) {
            if (at_ == choices_) choice_[choices_++] = true;
            yes = choice_[at_++];
        }
        id_ = yes ? split.yes : split.no;
        asked_.push_back({term, relation, yes, step_});
        return yes;
    }
    void next_step() {
        id_ = constraints_.close(id_);
        before_step_ = id_;
        asked_before_step_ = asked_.size();
        ++step_;
    }
    // The step does not happen: it is as if nobody had asked.
    void undo_step() {
        id_ = before_step_;
        asked_.resize(asked_before_step_);
    }

private:
    void again() {
        at_ = 0;
        unanswered_ = false;
        step_ = 0;
        id_ = before_step_ = from_;
        asked_.clear();
        asked_before_step_ = 0;
    }

    Constraints& constraints_;
    Constraints::Id from_ = 0;
    Constraints::Id id_ = 0;
    Constraints::Id before_step_ = 0;
    std::array<bool, 64> choice_{};  // by question with two answers: yes, no
    std::size_t choices_ = 0;
    std::size_t at_ = 0;
    bool unanswered_ = false;
    unsigned step_ = 0;
    std::vector<Asked> asked_;
    std::size_t asked_before_step_ = 0;
};

// The numbers of an exploration; nothing in worlds without references from outside.
struct Outside {
    Outside(const Program& program, std::chrono::milliseconds timeout)
        : constraints(program, timeout), sides(constraints) {}

    Constraints constraints;
    Sides sides;
};

// Calls `taken(result, successor)` for every way in which the action can go.
template <class Observer, class Taken>
void perform_every_way(const Program& program, const State& state, const Action& action,
                       Outside& outside, const Observer& observer, Taken&& taken) {
    outside.sides.begin(
        static_cast<Constraints::Id>(program.layout.get(state, Field::constraint, 0)));
    do {
        State next = state;
        const StepResult result =
            perform(program, next, action, WithOutside<Observer, Sides>(observer, &outside.sides));
        const Constraints::Id known = outside.sides.known();
        if (known == Constraints::none || outside.sides.unanswered()) return;
        program.layout.set(next, Field::constraint, 0, known);
        taken(result, next);
    } while (outside.sides.another());
}

// expand_steps() and expand_starts(), with references from outside if there are any.
template <class Found>
Expanded expand_steps(const Program& program, const State& state, Outside* outside, Found&& found) {
    if (outside == nullptr) return expand_steps(program, state, found);
    Expanded expanded = expand_steps_with(
        program, state,
        [&](const Action& action, auto&& taken) {
            perform_every_way(program, state, action, *outside, NoObserver{}, taken);
        },
        found);
    if (!outside->constraints.gave_up().empty()) expanded.stuck.deadlocked = false;  // nobody knows
    return expanded;
}

template <class Found>
bool expand_starts(const Program& program, const State& state, unsigned concurrency,
                   Outside* outside, Found&& found) {
    if (outside == nullptr) return expand_starts(program, state, concurrency, found);
    return expand_starts_with(
        program, state, concurrency,
        [&](const Action& action, auto&& taken) {
            perform_every_way(program, state, action, *outside, NoObserver{}, taken);
        },
        found);
}

// The fewest transient references at one step with which all answers are as they were.
[[nodiscard]] std::uint8_t transient_of(const std::vector<Asked>& asked, unsigned step,
                                        const OutsideNumbers& numbers, unsigned most);

// What a schedule needs the numbers to be, in words: the constraint that the answers along
// it make, which those of the program (Program::outside_numbers) satisfy.
[[nodiscard]] std::string needed_numbers(const Program& program, std::span<const Action> schedule,
                                         std::chrono::milliseconds timeout);

}  // namespace cowcheck
