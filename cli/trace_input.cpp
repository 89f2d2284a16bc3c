#include "cli/trace_input.h"

#include "cli/bad_input.h"
#include "cli/output.h"
#include "traces/runner.h"
#include "traces/trace_json.h"

namespace cowcheck {

namespace {

Trace read_trace(const std::string& path) {
    ParsedTrace parsed = trace_from_json(read_text(path, "a trace", max_trace_bytes), path);
    if (!parsed.trace) throw BadInput(parsed.error);
    return std::move(*parsed.trace);
}

// Where the trace says that its texts are, unless the user says otherwise.
ReplayOptions with_files_of(const Trace& trace, ReplayOptions options) {
    if (options.designs.empty() && !trace.header.design.path.empty())
        options.designs.push_back(trace.header.design.path);
    if (options.worlds.empty() && !trace.header.world.path.empty())
        options.worlds.push_back(trace.header.world.path);
    return options;
}

}  // namespace

LoadedTrace load_trace(const ReplayOptions& asked) {
    Trace trace = read_trace(asked.trace);
    const ReplayOptions options = with_files_of(trace, asked);
    std::vector<std::string> inputs{asked.trace};
    for (const auto* files : {&options.designs, &options.worlds, &options.properties})
        inputs.insert(inputs.end(), files->begin(), files->end());
    expect_no_input(asked.output, inputs);
    Library library = load_library();
    const Selection selection = select(library, options);
    DesignText design = find_design(library, selection.designs.empty() ? trace.header.design.name
                                                                       : selection.designs.back());
    const World& world = find_world(library, selection.worlds.empty() ? trace.header.world.name
                                                                      : selection.worlds.back());
    Program program =
        with_numbers_of(compile_or_complain(design, library.properties(), world), trace.header);
    ReplayResult result = replay(trace, program, design, *library.world_text(world.name));
    return {std::move(trace), std::move(library), std::move(design), std::move(program),
            std::move(result)};
}

}  // namespace cowcheck
