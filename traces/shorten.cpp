#include "traces/shorten.h"

#include "traces/order_search.h"

namespace cowcheck {

std::vector<Action> shorten(const Program& program, std::span<const Action> schedule,
                            unsigned property, const ShortenLimits& limits) {
    const std::vector<Action> as_it_is(schedule.begin(), schedule.end());
    std::vector<ScheduledOperation> operations = operations_of(program, schedule);
    if (operations.size() > OrderSearch::most_operations) return as_it_is;
    OrderSearch search(program, std::move(operations), program.start,
                       {limits.concurrency, limits.max_nodes, true});
    std::vector<Action> best;  // of those of one length, with the fewest changes of who steps
    unsigned switches = 0;
    const auto look = [&](const OrderSearch::Step& step) {
        if (!best.empty() && step.switches >= switches) return;
        if (!violates(program, step.state, property, step.violated)) return;
        best = search.path(step);
        switches = step.switches;
    };
    while (best.empty() && search.next_layer(look)) {}
    return best.empty() ? as_it_is : best;
}

}  // namespace cowcheck
