// cowcheck replay: does it happen again, on the design as it is now?
#include "cli/commands/command.h"
#include "cli/commands/trace_input.h"
#include "cli/options/parse_numbers.h"
#include "cli/stepper/stepper.h"
#include "traces/show_columns.h"
#include "traces/show_itf.h"
#include "traces/show_markdown.h"
#include "traces/show_mermaid.h"
#include "traces/show_svg.h"
#include "traces/show_text.h"
#include "traces/text.h"
#include "traces/trace_json.h"
#include "verify/run/status.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace cowcheck {

namespace {

constexpr unsigned most_steps = 1000000;

constexpr std::string_view help =
    R"(cowcheck replay: whether what a trace tells happens again on the design as it is now, and the
trace in a form to read or to send.

usage: cowcheck replay TRACE [--format FORMAT] [--output FILE] [--design NAME|FILE]
                       [--world NAME|FILE] [--property FILE]
       cowcheck replay TRACE --step      by commands, from a terminal or a pipe

  --format text          every step with what it changes (default)
           columns       one column a CPU, for mails
           html          one page that plays it: the state, the source, the property and what
                         decides; for a browser, a mail, a bug tracker
           svg           the schedule as a picture, or, with --at, the state after a step
           markdown, mermaid, itf
                         for documents, and for tools that read Apalache's traces
           trace         the trace itself, as this cowcheck writes it; one of an older format
                         is converted
           json          the result of the replay
  --at N                 with html: the step at which the page opens; with svg: the state
                         after step N is drawn
  --output FILE          (default: stdout)
  --design, --world      files that the trace needs and does not find where it says, or others
                         to try it on
  --property FILE        a file of your own that the trace's property is in

example
  cowcheck replay --format columns cowcheck-traces/v5.7-default-no_foreign_data.json

exit status: 0 the trace happens again, 1 it does not, 2 bad input or output that can't be
written, 4 a fault of cowcheck itself.
)";

enum class Format { text, columns, html, svg, markdown, mermaid, itf, trace, json };

struct Options {
    TypedTrace trace;
    Typed format, at;
    bool step = false;
};

struct Asked {
    AskedTrace trace;
    Format format = Format::text;
    std::optional<unsigned> at;
};

// The schedule, or the state after so many steps.
std::string picture(const LoadedTrace& loaded, const Asked& asked) {
    const Walk walk(loaded.trace, loaded.program);
    return asked.at ? show_svg_state(loaded.trace, walk, std::min(*asked.at, walk.size()))
                    : show_svg_schedule(loaded.trace, walk);
}

std::string text_with_result(const LoadedTrace& loaded) {
    std::string text = show_text(loaded.trace) + "\nreplay: " + loaded.result.message + "\n";
    for (const std::string& note : loaded.result.notes) text += "note: " + note + "\n";
    return text;
}

std::string shown(const LoadedTrace& loaded, const Asked& asked) {
    switch (asked.format) {
    case Format::columns: return show_columns(loaded.trace);
    case Format::html: return player_page(loaded, asked.trace, asked.at.value_or(0));
    case Format::svg: return picture(loaded, asked);
    case Format::markdown: return show_markdown(loaded.trace);
    case Format::mermaid: return show_mermaid(loaded.trace);
    case Format::itf: return show_itf(loaded.trace, Walk(loaded.trace, loaded.program));
    case Format::trace: return to_json(loaded.trace);
    case Format::json: return to_json(loaded.result, asked.trace.path);
    case Format::text: break;
    }
    return text_with_result(loaded);
}

// On stderr, so that what is on stdout can go into a mail or a viewer as it is.
void warn(const ReplayResult& result) {
    if (result.verdict != ReplayVerdict::ok) spdlog::warn("{}", result.message);
    for (const std::string& note : result.notes) spdlog::warn("{}", note);
}

Asked read(const Options& typed) {
    Asked asked{read(typed.trace, "replay"), Format::text, {}};
    asked.format = one_of<Format>("--format", typed.format, Format::text,
                                  {{"text", Format::text},
                                   {"columns", Format::columns},
                                   {"html", Format::html},
                                   {"svg", Format::svg},
                                   {"markdown", Format::markdown},
                                   {"mermaid", Format::mermaid},
                                   {"itf", Format::itf},
                                   {"trace", Format::trace},
                                   {"json", Format::json}});
    if (typed.step && !typed.format.empty())
        throw BadInput("--step shows the trace by commands; --format tells it at once: choose one");
    if (typed.step && !asked.trace.output.empty())
        throw BadInput("--step talks to stdout; --output is for a --format");
    const std::string* at = single("--at", typed.at);
    if (at != nullptr && asked.format != Format::html && asked.format != Format::svg)
        throw BadInput("--at is for --format html and --format svg");
    if (at != nullptr) asked.at = parse_number("--at", *at, 0, most_steps);
    return asked;
}

int run(const Options& typed) {
    const Asked asked = read(typed);
    const LoadedTrace loaded = load_trace(asked.trace);
    if (asked.at && *asked.at > loaded.trace.steps.size())
        throw BadInput("--at: the trace has " + counted(loaded.trace.steps.size(), "step") +
                       ", got '" + std::to_string(*asked.at) + "'");
    const bool tells_result = asked.format == Format::text || asked.format == Format::json;
    if (typed.step || !tells_result) warn(loaded.result);
    if (typed.step)
        run_stepper({loaded.trace, loaded.program, loaded.library.properties()});
    else
        put(asked.trace, shown(loaded, asked));
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
                declare(app, "--at", typed->at);
                app.add_flag("--step", typed->step);
                return RunCommand([typed] { return run(*typed); });
            }};
}

}  // namespace cowcheck
