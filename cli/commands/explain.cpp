// cowcheck explain: a trace told as a story.
#include "cli/commands/command.h"
#include "cli/commands/trace_input.h"
#include "traces/story.h"
#include "verify/run/status.h"

#include <spdlog/spdlog.h>

#include <memory>

namespace cowcheck {

namespace {

constexpr std::string_view help =
    R"(cowcheck explain: what happens in a trace, in sentences: the step that decides, what else could
have happened, and what would have held.

usage: cowcheck explain TRACE [--output FILE] [--design NAME|FILE] [--world NAME|FILE]
                        [--property FILE]

  --output FILE          (default: stdout)
  --design, --world, --property
                         files that the trace needs and does not find where it says

example
  cowcheck explain cowcheck-traces/v5.9-default-no_foreign_data.json

exit status: 0 told, 1 it does not happen any more, 2 bad input or output that can't be written,
4 a fault of cowcheck itself.
)";

int run(const TypedTrace& typed) {
    const AskedTrace asked = read(typed, "explain");
    const LoadedTrace loaded = load_trace(asked);
    if (loaded.trace.header.property.name == outcome_name)
        throw BadInput(
            "explain: '" + asked.path +
            "' shows what a program sees, and violates nothing to be explained; 'cowcheck "
            "replay' tells it");
    for (const std::string& note : loaded.result.notes) spdlog::warn("{}", note);
    if (loaded.result.verdict != ReplayVerdict::ok) {
        spdlog::warn("there is nothing to explain: {}", loaded.result.message);
        return ExitStatus::violation;
    }
    put(asked, to_text(tell_story(loaded.trace, loaded.program, loaded.design)));
    return ExitStatus::no_violation;
}

}  // namespace

Command explain_command() {
    return {"explain", "TRACE", "what happens in a trace, in sentences", help, [](CLI::App& app) {
                const auto typed = std::make_shared<TypedTrace>();
                declare(app, *typed);
                return RunCommand([typed] { return run(*typed); });
            }};
}

}  // namespace cowcheck
