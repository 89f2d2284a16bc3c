#include "cli/explain_command.h"

#include "cli/bad_input.h"
#include "cli/output.h"
#include "cli/run.h"
#include "cli/trace_input.h"
#include "traces/story.h"

#include <spdlog/spdlog.h>

namespace cowcheck {

int explain(const ExplainOptions& options) {
    const LoadedTrace loaded = load_trace(options.replay);
    for (const std::string& note : loaded.result.notes) spdlog::warn("{}", note);
    if (loaded.result.verdict != ReplayVerdict::ok) {
        spdlog::warn("there is nothing to explain: {}", loaded.result.message);
        return ExitStatus::violation;
    }
    const std::string text = tell_story(loaded.trace, loaded.program, loaded.design);
    if (options.replay.output.empty())
        print(text);
    else
        write_file(options.replay.output, text);
    return ExitStatus::no_violation;
}

}  // namespace cowcheck
