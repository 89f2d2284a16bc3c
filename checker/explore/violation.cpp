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

}  // namespace cowcheck
