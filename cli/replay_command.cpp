#include "cli/replay_command.h"

#include "cli/bad_input.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/run.h"
#include "traces/replay.h"
#include "traces/show_columns.h"
#include "traces/show_text.h"
#include "traces/trace_json.h"

#include <spdlog/spdlog.h>

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

void show(const Trace& trace, const ReplayResult& result, const ReplayOptions& options) {
    const bool ok = result.verdict == ReplayVerdict::ok;
    switch (options.view) {
    case ReplayOptions::View::json: print(to_json(result, options.trace)); return;
    case ReplayOptions::View::columns:  // nothing else, so that it can go into a mail as it is
        print(show_columns(trace));
        if (!ok) spdlog::warn("{}", result.message);
        for (const std::string& note : result.notes) spdlog::warn("{}", note);
        return;
    case ReplayOptions::View::text: break;
    }
    std::string text = show_text(trace) + "\nreplay: " + result.message + "\n";
    for (const std::string& note : result.notes) text += "note: " + note + "\n";
    print(text);
}

}  // namespace

int replay(const ReplayOptions& asked) {
    const Trace trace = read_trace(asked.trace);
    const ReplayOptions options = with_files_of(trace, asked);
    Library library = load_library();
    const Selection selection = select(library, options);
    const DesignText design = find_design(
        library, selection.designs.empty() ? trace.header.design.name : selection.designs.back());
    const World& world = find_world(library, selection.worlds.empty() ? trace.header.world.name
                                                                      : selection.worlds.back());
    const Program program = compile_or_complain(design, library.properties(), world);
    const ReplayResult result = replay(trace, program, design, *library.world_text(world.name));
    show(trace, result, options);
    return result.verdict == ReplayVerdict::ok ? ExitStatus::no_violation : ExitStatus::violation;
}

}  // namespace cowcheck
