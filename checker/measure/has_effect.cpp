#include "checker/measure/has_effect.h"

#include "model/isa/effects.h"
#include "model/machine/alone.h"

#include <algorithm>

namespace cowcheck {

namespace {

bool is_access(OperationKind kind) {
    using enum OperationKind;
    for (const OperationKind access :
         {read, write, secondary_read, secondary_write, dma_read, dma_write})
        if (kind == access) return true;
    return false;
}

// What of a state is no ghost, and not known to a TLB or a thread alone.
State shared_memory_of(const Program& program, const State& state) {
    const Layout& layout = program.layout;
    State shared = state;
    for (std::size_t i = 0; i < field_table.size(); ++i) {
        const auto field = static_cast<Field>(i);
        const Scope scope = info(field).scope;
        if (scope == Scope::outside || !layout.has(field)) continue;
        if (scope == Scope::tlb || scope == Scope::thread || has(ghost_fields, field))
            for (unsigned e = 0; e < layout.size(scope); ++e) layout.set(shared, field, e, 0);
    }
    return shared;
}

// It comes to its end, and something is not as it was.
bool changes_something(const Program& program, const State& before, const Action& start) {
    State state = before;
    if (perform(program, state, start).blocked != Blocked::no) return false;
    if (start.kind == Action::Kind::start) {
        constexpr unsigned most_steps = 10'000;
        const auto is_under_way = [&] {
            return program.layout.get(state, Field::pc, start.thread) != 0;
        };
        unsigned steps = 0;
        bool blocked = false;
        if (is_under_way())
            run_alone(program, state, start.thread, [&](const StepResult& result, const State&) {
                blocked = result.blocked != Blocked::no;
                return !blocked && is_under_way() && ++steps < most_steps;
            });
        if (blocked || is_under_way()) return false;
    }
    return !(shared_memory_of(program, state) == shared_memory_of(program, before));
}

}  // namespace

std::vector<bool> have_effect(const Explorer& explorer) {
    const Program& program = explorer.program();
    std::vector<bool> known(program.operations.size(), false);
    if (program.world.has_outside()) return known;
    bool all_known = false;
    for (std::size_t i = 0; i < known.size(); ++i)
        known[i] = is_access(program.operations[i].item.kind);
    for (unsigned partition = 0; partition < explorer.partitions(); ++partition)
        explorer.for_each_state(partition, [&](const State& state, unsigned) {
            if (all_known || in_flight(program, state) != 0) return;
            for_each_start(program, state, false, [&](const Action& start) {
                if (!known[start.operation])
                    known[start.operation] = changes_something(program, state, start);
            });
            all_known = std::all_of(known.begin(), known.end(), [](bool one) { return one; });
        });
    return known;
}

}  // namespace cowcheck
