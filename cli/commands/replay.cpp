// cowcheck replay: does it happen again, on the design as it is now?
#include "cli/commands/command.h"
#include "cli/commands/trace_input.h"
#include "cli/stepper/stepper.h"
#include "traces/show_columns.h"
#include "traces/show_itf.h"
#include "traces/show_markdown.h"
#include "traces/show_mermaid.h"
#include "traces/show_text.h"
#include "traces/trace_json.h"
#include "verify/run/status.h"

#include <spdlog/spdlog.h>

#include <memory>

namespace cowcheck {

namespace {

constexpr std::string_view help =
    R"(cowcheck replay: whether what a trace tells happens again on the design as it is now, and the
trace in a form to read or to send.

usage: cowcheck replay TRACE [--format FORMAT] [--output FILE] [--design NAME|FILE]
                       [--world NAME|FILE] [--property FILE]
       cowcheck replay TRACE --step      by commands, from a terminal or a pipe

  --format text          every step with what it changes (default)
           columns       one column a CPU, for mails
           markdown, mermaid, itf
                         for documents, and for tools that read Apalache's traces
           trace         the trace itself, as this cowcheck writes it; one of an older format
                         is converted
           json          the result of the replay
  --output FILE          (default: stdout)
  --design, --world      files that the trace needs and does not find where it says, or others
                         to try it on
  --property FILE        a file of your own that the trace's property is in

example
  cowcheck replay --format columns cowcheck-traces/v5.7-default-no_foreign_data.json

exit status: 0 the trace happens again, 1 it does not, 2 bad input or output that can't be
written, 4 a fault of cowcheck itself.
)";

enum class Format { text, columns, markdown, mermaid, itf, trace, json };

struct Options {
    TypedTrace trace;
    Typed format;
    bool step = false;
};

std::string text_with_result(const LoadedTrace& loaded) {
    std::string text = show_text(loaded.trace) + "\nreplay: " + loaded.result.message + "\n";
    for (const std::string& note : loaded.result.notes) text += "note: " + note + "\n";
    return text;
}

std::string shown(const LoadedTrace& loaded, const std::string& path, Format format) {
    switch (format) {
    case Format::columns: return show_columns(loaded.trace);
    case Format::markdown: return show_markdown(loaded.trace);
    case Format::mermaid: return show_mermaid(loaded.trace);
    case Format::itf: return show_itf(loaded.trace, Walk(loaded.trace, loaded.program));
    case Format::trace: return to_json(loaded.trace);
    case Format::json: return to_json(loaded.result, path);
    case Format::text: break;
    }
    return text_with_result(loaded);
}

// On stderr, so that what is on stdout can go into a mail or a viewer as it is.
void warn(const ReplayResult& result) {
    if (result.verdict != ReplayVerdict::ok) spdlog::warn("{}", result.message);
    for (const std::string& note : result.notes) spdlog::warn("{}", note);
}

int run(const Options& typed) {
    const AskedTrace asked = read(typed.trace, "replay");
    const Format format = one_of<Format>("--format", typed.format, Format::text,
                                         {{"text", Format::text},
                                          {"columns", Format::columns},
                                          {"markdown", Format::markdown},
                                          {"mermaid", Format::mermaid},
                                          {"itf", Format::itf},
                                          {"trace", Format::trace},
                                          {"json", Format::json}});
    if (typed.step && !typed.format.empty())
        throw BadInput("--step shows the trace by commands; --format tells it at once: choose one");
    if (typed.step && !asked.output.empty())
        throw BadInput("--step talks to stdout; --output is for a --format");
    const LoadedTrace loaded = load_trace(asked);
    const bool tells_result = format == Format::text || format == Format::json;
    if (typed.step || !tells_result) warn(loaded.result);
    if (typed.step)
        run_stepper({loaded.trace, loaded.program, loaded.library.properties()});
    else
        put(asked, shown(loaded, asked.path, format));
    return loaded.result.verdict == ReplayVerdict::ok ? ExitStatus::no_violation
                                                      : ExitStatus::violation;
}

}  // namespace

Command replay_command() {
    return {"replay", "TRACE", "a trace again: as text, in columns, step by step", help,
            [](CLI::App& app) {
                const auto typed = std::make_shared<Options>();
                declare(app, typed->trace);
                declare(app, "--format", typed->format);
                app.add_flag("--step", typed->step);
                return RunCommand([typed] { return run(*typed); });
            }};
}

}  // namespace cowcheck
