#include "checker/explore/violation.h"

#include <tuple>

namespace cowcheck {

namespace {

auto order_of(const Action& a) {
    return std::tuple(a.kind, a.thread, a.operation, a.mm, a.va, a.pin);
}

}  // namespace

bool comes_before(const Violation& a, const Violation& b) {
    if (a.operations != b.operations) return a.operations < b.operations;
    if (a.transitions != b.transitions) return a.transitions < b.transitions;
    if (a.state.words != b.state.words) return a.state.words < b.state.words;
    if (a.action.has_value() != b.action.has_value())
        return a.action.has_value() < b.action.has_value();
    return a.action && order_of(*a.action) < order_of(*b.action);
}

void save(ByteSink& sink, const Violation& violation) {
    for (const unsigned number : {violation.property, violation.operations, violation.transitions,
                                  violation.state_operations, violation.state_transitions})
        put(sink, number);
    put(sink, violation.state.words);
    const Action action = violation.action.value_or(Action{});
    put(sink, violation.action.has_value());
    for (const std::uint8_t number : {static_cast<std::uint8_t>(action.kind), action.thread,
                                      action.mm, action.va, action.pin, action.transient})
        put(sink, number);
    put(sink, action.operation);
}

Violation load_violation(ByteSource& source) {
    Violation violation;
    for (unsigned* number : {&violation.property, &violation.operations, &violation.transitions,
                             &violation.state_operations, &violation.state_transitions})
        *number = take<unsigned>(source);
    violation.state.words = take<decltype(violation.state.words)>(source);
    const auto has_action = take<bool>(source);
    Action action;
    action.kind = static_cast<Action::Kind>(take<std::uint8_t>(source));
    for (std::uint8_t* number :
         {&action.thread, &action.mm, &action.va, &action.pin, &action.transient})
        *number = take<std::uint8_t>(source);
    action.operation = take<std::uint16_t>(source);
    if (has_action) violation.action = action;
    return violation;
}

}  // namespace cowcheck
