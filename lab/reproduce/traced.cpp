#include "lab/reproduce/traced.h"

#include "traces/walk.h"

#include <algorithm>
#include <array>
#include <set>

namespace cowcheck {

namespace {

// Threads that stand in an operation where the trace ends.
std::set<std::string> busy_at_end(const Trace& trace, const Program& program) {
    const Walk walk(trace, program);
    const Runner& runner = walk.runner_at(walk.size());
    std::set<std::string> busy;
    for_each_step(runner.program(), runner.state(), [&](const Action& action) {
        busy.insert(runner.program().world.threads[action.thread].name);
    });
    return busy;
}

// Why no system call makes a kernel do this one, or does all of it and nothing else.
struct Refused {
    OperationKind kind;
    std::string_view why;
};
constexpr auto refused = std::to_array<Refused>({
    {OperationKind::uffd_continue, "UFFDIO_CONTINUE wants a shared mapping as well"},
    {OperationKind::split_folio, "only reclaim splits a THP"},
    {OperationKind::speculative_get, "only the kernel itself takes references on suspicion"},
    {OperationKind::lru_add_drain_all, "only the kernel itself drains all LRU batches"},
    {OperationKind::secondary_fault, "a secondary MMU takes KVM or a driver"},
    {OperationKind::secondary_read, "a secondary MMU takes KVM or a driver"},
    {OperationKind::secondary_write, "a secondary MMU takes KVM or a driver"},
});

// GUP as a system call takes it: io_uring pins for writing and for long, vmsplice() takes a
// reference for reading, by GUP-fast.
Drivable drivable_gup(const TracedOperation& operation) {
    Drivable result;
    result.call = operation.call;
    const bool reference = operation.has_flag("read") && operation.has_flag("get");
    if (reference) {
        result.call.name = "gup_fast";
        if (result.call != operation.call) result.note = "vmsplice() takes it by GUP-fast";
        return result;
    }
    result.call.flags = {"write", "pin", "longterm"};
    if (result.call == operation.call) return result;
    result.stand_in = !operation.has_flag("write") || !operation.has_flag("pin");
    result.note = result.stand_in ? "no system call holds a page like that"
                                  : "io_uring's pin is a long-term one";
    return result;
}

}  // namespace

bool TracedOperation::has_flag(std::string_view flag) const {
    return std::find(call.flags.begin(), call.flags.end(), flag) != call.flags.end();
}

std::vector<TracedOperation> operations_in(const Trace& trace, const Program& program) {
    std::vector<TracedOperation> operations;
    std::map<unsigned, unsigned> holders;  // by pin: the operation that took it
    std::map<std::string, std::size_t> newest;
    for (std::size_t i = 0; i < trace.steps.size(); ++i) {
        const TraceStep& step = trace.steps[i];
        if (step.kind == StepKind::step) {
            for (TracedOperation& one : operations)
                if (one.number == step.operation) one.last = one.end = i;
            continue;
        }
        TracedOperation one;
        one.number = step.operation;
        one.actor = step.actor;
        one.thread = step.thread;
        one.process = step.process;
        one.va = step.va;
        one.call = step.call;
        one.first = one.last = one.end = i;
        if (step.pin && step.actor == Actor::device) one.gup = holders[*step.pin];
        if (step.pin && one.is_gup()) holders[*step.pin] = one.number;
        if (step.kind == StepKind::start) newest[step.thread] = operations.size();
        operations.push_back(one);
    }
    for (const std::string& thread : busy_at_end(trace, program))
        operations[newest[thread]].end = TracedOperation::never;
    return operations;
}

unsigned maker_of(const Trace& trace, const std::string& value) {
    for (const TraceStep& step : trace.steps)
        for (const TraceEvent& event : step.events)
            if ((event.kind == EventKind::store || event.kind == EventKind::dma_write) &&
                event.value == value)
                return step.operation;
    return 0;
}

Drivable drivable(const TracedOperation& operation) {
    Drivable result;
    result.actor = operation.actor;
    result.call = operation.call;
    const auto kind = find_operation(operation.call.name);
    const auto no = std::find_if(refused.begin(), refused.end(),
                                 [&](const Refused& row) { return kind && row.kind == *kind; });
    if (no != refused.end()) {
        result.refused = no->why;
        return result;
    }
    if (kind == OperationKind::gup_force)
        result.note = "one access to /proc/PID/mem is this, the store through it and its end";
    else if (operation.is_gup())
        return drivable_gup(operation);
    if (kind == OperationKind::khugepaged) {
        result.actor = Actor::cpu;
        result.call.name = "madvise_collapse";
        result.note = "MADV_COLLAPSE makes the process do what khugepaged does";
    }
    return result;
}

}  // namespace cowcheck
