#include "cli/traces_of_runs.h"

#include "checker/outside/sides.h"
#include "traces/record.h"

#include <algorithm>
#include <stdexcept>

namespace cowcheck {

namespace {

std::string path_of(const std::map<std::string, std::string>& files, const std::string& name) {
    const auto found = files.find(name);
    return found == files.end() ? std::string() : found->second;
}

// What the schedule needs from outside, and the numbers it is shown with.
void add_outside(const Program& program, const std::vector<Action>& schedule,
                 std::chrono::milliseconds timeout, TraceHeader& header) {
    const World& world = program.world;
    for (std::size_t i = 0; i < world.outside.size(); ++i)
        header.outside.push_back({world.processes[world.outside[i].mm].name, world.outside[i].va,
                                  world.outside[i].mappings, program.outside_numbers[i]});
    if (!world.outside.empty()) header.outside_needs = needed_numbers(program, schedule, timeout);
}

}  // namespace

Trace make_trace(const TraceContext& context, const CheckRun& run, const Violation& violation,
                 const std::string& property) {
    const World& world = run.world();
    const std::string* world_text = context.library.world_text(world.name);
    TraceHeader header = make_header(
        run.design(), world, world_text == nullptr ? "" : *world_text, context.library.properties(),
        property == assertions_name ? assertion_name : std::string_view(property),
        {context.options.depth, context.options.concurrency});
    header.design.path = path_of(context.selection.design_files, header.design.name);
    header.world.path = path_of(context.selection.world_files, header.world.name);
    const FoundSchedule found = run.schedule(violation);
    if (found.actions.empty() && violation.transitions > 0)
        throw std::logic_error("no schedule leads to a violation of " + property + " by " +
                               header.design.name);
    const Program program = run.program_with(found);
    add_outside(program, found.actions, context.options.solver_timeout, header);
    return record(program, std::move(header), found.actions);
}

std::string trace_file_name(const Trace& trace) {
    const TraceHeader& header = trace.header;
    std::string name = header.design.name + "-" + header.world.name + "-" + header.property.name;
    std::replace(name.begin(), name.end(), '/', '_');
    return name + ".json";
}

std::string story_of(const Trace& trace) {
    std::string story;
    for (const TraceStep& step : trace.steps)
        if (step.kind != StepKind::step)
            story += (story.empty() ? "" : ", ") + step.thread + " " + step.text;
    return story;
}

}  // namespace cowcheck
