#include "checker/findings.h"

#include <bit>
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

void Findings::note(const Program& program, std::uint32_t properties, Violation where) {
    for (; properties != 0; properties &= properties - 1) {
        where.property = static_cast<unsigned>(std::countr_zero(properties));
        const bool must_be_reached = where.property < program.properties.size() &&
                                     program.properties[where.property].sometimes;
        auto& first = must_be_reached ? reached_at[where.property] : found[where.property];
        if (must_be_reached) {
            const std::uint32_t bit = 1U << where.property;
            if ((reached & bit) != 0 && !first) continue;  // in an earlier level
            reached |= bit;
        }
        if (!first || comes_before(where, *first)) first = where;
    }
}

}  // namespace cowcheck
