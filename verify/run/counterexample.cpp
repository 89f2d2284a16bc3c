#include "verify/run/counterexample.h"

#include "checker/symbolic/branches.h"
#include "verify/run/numbers.h"
#include "model/builtin_files.h"
#include "model/machine/lost_schedule.h"
#include "traces/record.h"
#include "traces/replay.h"

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

Trace record_or_lose(const Program& program, TraceHeader header,
                     const std::vector<Action>& actions, const PropertySet& properties) {
    try {
        return record(program, std::move(header), actions, properties);
    } catch (const std::invalid_argument& error) {
        throw LostSchedule(error.what());
    }
}

// How the name of a result is read: it begins with the name of a design that is built in, the
// longest one, or with one that has no '-' in it.
std::string design_in(const std::string& name) {
    std::string design = name.substr(0, name.find('-'));
    for (const BuiltinFile& file : builtin_files())
        if (file.folder == "designs" && file.name.size() > design.size() &&
            name.starts_with(std::string(file.name) + "-"))
            design = file.name;
    return design;
}

}  // namespace

Trace make_trace(const TraceContext& context, CheckRun& run, const Violation& violation,
                 const std::string& property) {
    const World& world = run.world();
    const std::string* world_text = context.library.world_text(world.name);
    TraceHeader header = make_header(
        run.design(), world, world_text == nullptr ? "" : *world_text, context.library.properties(),
        property == assertions_name ? assertion_name : std::string_view(property),
        {context.options.bounds.depth, context.options.bounds.concurrency});
    header.design.path = path_of(context.selection.design_files, header.design.name);
    header.world.path = path_of(context.selection.world_files, header.world.name);
    const FoundSchedule found = run.schedule(violation);
    const Program program = run.program_with(found);
    add_outside(program, found.actions, context.options.policy.solver_timeout, header);
    Trace trace = record_or_lose(program, std::move(header), found.actions,
                                 context.library.properties());
    if (trace.operations != violation.operations)
        throw LostSchedule("its trace has " + plural(trace.operations, "operation") + ", and not " +
                           std::to_string(violation.operations));
    const ReplayResult again = replay(trace, run.program());
    if (again.verdict != ReplayVerdict::ok)
        throw LostSchedule("its trace does not replay: " + again.message);
    return trace;
}

std::string result_name(const std::string& design, const std::string& world,
                        const std::string& property) {
    const bool clear = design_in(design + "-" + world) == design;
    return design + (clear ? "-" : "+") + world + "-" + property;
}

std::string trace_file_name(const Trace& trace) {
    const TraceHeader& header = trace.header;
    return result_name(header.design.name, header.world.name, header.property.name) + ".json";
}

std::string story_of(const Trace& trace) {
    std::string story;
    for (const TraceStep& step : trace.steps)
        if (step.kind != StepKind::step)
            story += (story.empty() ? "" : ", ") + step.thread + " " + to_text(step.call);
    return story;
}

}  // namespace cowcheck
