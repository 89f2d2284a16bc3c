#include "cli/replay_command.h"

#include "cli/output.h"
#include "cli/run.h"
#include "cli/stepper/stepper.h"
#include "cli/trace_input.h"
#include "traces/show_columns.h"
#include "traces/show_itf.h"
#include "traces/show_markdown.h"
#include "traces/show_mermaid.h"
#include "traces/show_text.h"
#include "traces/trace_json.h"

#include <spdlog/spdlog.h>

namespace cowcheck {

namespace {

using Format = ReplayOptions::View;

std::string text_with_result(const LoadedTrace& loaded) {
    std::string text = show_text(loaded.trace) + "\nreplay: " + loaded.result.message + "\n";
    for (const std::string& note : loaded.result.notes) text += "note: " + note + "\n";
    return text;
}

std::string shown(const LoadedTrace& loaded, const ReplayOptions& options) {
    switch (options.view) {
    case Format::columns: return show_columns(loaded.trace);
    case Format::markdown: return show_markdown(loaded.trace);
    case Format::mermaid: return show_mermaid(loaded.trace);
    case Format::itf: return show_itf(loaded.trace, Walk(loaded.trace, loaded.program));
    case Format::json: return to_json(loaded.result, options.trace);
    case Format::text: break;
    }
    return text_with_result(loaded);
}

// On stderr, so that what is on stdout can go into a mail or a viewer as it is.
void warn(const ReplayResult& result) {
    if (result.verdict != ReplayVerdict::ok) spdlog::warn("{}", result.message);
    for (const std::string& note : result.notes) spdlog::warn("{}", note);
}

}  // namespace

int replay(const ReplayOptions& options) {
    const LoadedTrace loaded = load_trace(options);
    const bool tells_result = options.view == Format::text || options.view == Format::json;
    if (options.step || !tells_result) warn(loaded.result);
    if (options.step)
        run_stepper({loaded.trace, loaded.program, loaded.library.properties()});
    else if (options.output.empty())
        print(shown(loaded, options));
    else
        write_file(options.output, shown(loaded, options));
    return loaded.result.verdict == ReplayVerdict::ok ? ExitStatus::no_violation
                                                      : ExitStatus::violation;
}

}  // namespace cowcheck
