#include "traces/order_search.h"

#include "model/machine/expand.h"

namespace cowcheck {

namespace {

ScheduledOperation::Pin pin_of(const Program& program, const State& state, const Action& action) {
    if (action.kind != Action::Kind::device) return {};
    const auto get = [&](Field field) { return program.layout.get(state, field, action.pin); };
    return {get(Field::pin_mm), get(Field::pin_va), get(Field::pin_write) != 0,
            get(Field::pin_foll_pin) != 0, get(Field::pin_longterm) != 0};
}

}  // namespace

std::vector<ScheduledOperation> operations_of(const Program& program,
                                              std::span<const Action> schedule) {
    std::vector<ScheduledOperation> operations;
    State state = program.start;
    for (const Action& action : schedule) {
        if (action.kind != Action::Kind::step)
            operations.push_back({action, pin_of(program, state, action)});
        if (perform(program, state, action).blocked != Blocked::no) break;
    }
    return operations;
}

bool starts(const Program& program, const State& state, const Action& action,
            const ScheduledOperation& operation) {
    const Action& a = operation.action;
    return a.kind == action.kind && a.thread == action.thread && a.mm == action.mm &&
           a.va == action.va && a.operation == action.operation &&
           operation.pin == pin_of(program, state, action);
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

OrderSearch::OrderSearch(const Program& program, std::vector<ScheduledOperation> operations,
                         const State& from, const OrderLimits& limits)
    : p_(program), operations_(std::move(operations)), limits_(limits),
      tree_(Point{from, 0, nobody}), switches_{0}, last_{nobody} {}

bool OrderSearch::next_layer(const std::function<void(const Step&)>& each) {
    if (is_exhausted() || tree_.size() > limits_.max_states) return false;
    end_ = static_cast<std::uint32_t>(tree_.size());
    for (std::uint32_t i = begin_; i < end_; ++i) expand(i, each);
    begin_ = end_;
    return true;
}

void OrderSearch::expand(std::uint32_t from, const std::function<void(const Step&)>& each) {
    const State state = tree_[from].state;  // the tree grows meanwhile
    const std::uint32_t used = tree_[from].used;
    for_each_step(p_, state, [&](const Action& action) {
        for_each_transient(p_, action,
                           [&](const Action& meeting) { take(from, meeting, used, each); });
    });
    for_each_start(p_, state, false, [&](const Action& action) {
        for (std::size_t i = 0; i < operations_.size(); ++i)
            if (((used >> i) & 1U) == 0 && starts(p_, state, action, operations_[i])) {
                for_each_transient(p_, action, [&](const Action& meeting) {
                    take(from, meeting, used | (1U << i), each);
                });
                return;
            }
    });
}

void OrderSearch::take(std::uint32_t from, const Action& action, std::uint32_t used,
                       const std::function<void(const Step&)>& each) {
    State next = tree_[from].state;
    const StepResult result = perform(p_, next, action);
    if (result.blocked != Blocked::no) return;
    if (limits_.concurrency != 0 && in_flight(p_, next) > limits_.concurrency) return;
    const std::uint8_t who = action.kind == Action::Kind::device ? device : action.thread;
    const bool switched = last_[from] != nobody && last_[from] != who;
    const auto switches = static_cast<std::uint16_t>(switches_[from] + (switched ? 1 : 0));
    each({from, action, next, result.violated, switches});
    const std::uint8_t apart = limits_.tells_actors_apart ? who : nobody;
    const auto [number, fresh] = tree_.add(Point{next, used, apart}, from, action);
    if (fresh) {
        switches_.push_back(switches);
        last_.push_back(who);
    } else if (number >= end_ && switches_[number] > switches) {
        // Reached again by as many steps: keep the way with fewer switches.
        tree_.lead(number, from, action);
        switches_[number] = switches;
        last_[number] = who;
    }
}

}  // namespace cowcheck
