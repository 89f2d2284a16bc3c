#include "cli/traces_of_runs.h"

#include "traces/record.h"

#include <algorithm>
#include <stdexcept>

namespace cowcheck {

namespace {

std::string path_of(const std::map<std::string, std::string>& files, const std::string& name) {
    const auto found = files.find(name);
    return found == files.end() ? std::string() : found->second;
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
    const std::vector<Action> schedule = run.schedule(violation);
    if (schedule.empty() && violation.transitions > 0)
        throw std::logic_error("no schedule leads to a violation of " + property + " by " +
                               header.design.name);
    return record(run.program(), std::move(header), schedule);
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
