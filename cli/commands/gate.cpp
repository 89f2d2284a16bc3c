// cowcheck gate: what a change makes worse, better and dearer.
#include "cli/formats/gate.h"
#include "cli/commands/command.h"
#include "cli/commands/trace_input.h"
#include "cli/options/parse_numbers.h"
#include "cli/options/values.h"
#include "cli/terminal/fault.h"
#include "cli/terminal/output.h"
#include "cli/terminal/run_status.h"
#include "cli/terminal/terminal.h"
#include "traces/trace_json.h"
#include "verify/gate/gate.h"
#include "verify/gate/made.h"
#include "verify/run/counterexample.h"
#include "verify/run/status.h"

#include <algorithm>
#include <array>
#include <memory>

#include <unistd.h>

namespace cowcheck {

namespace {

constexpr std::string_view help =
    R"(cowcheck gate: what DESIGN makes worse, better and dearer than BASE, in every world.

usage: cowcheck gate DESIGN [--against BASE] [options]

what to compare
  DESIGN                 a design of your own, or one that is built in
  --against NAME|FILE    the base (default: the design that DESIGN extends)
  --world NAME|FILE      repeatable (default: all that are built in)
  --also-world FILE, --property FILE
                         worlds and properties of your own in addition; repeatable
  --made-worlds N        N worlds made for this change as well: some memory, and what may meddle
                         with it. There, what an operation can never do any more is worse, too
  --waive PROPERTY --because TEXT
                         a property that may get worse, and why; repeatable
  --update               rewrite the 'expect' lines of DESIGN's file as what was found

bounds and limits
  --depth N              operations that are started, in every world (default: as each world
                         says; 5 if it says nothing)
  --concurrency K|all    operations in flight at once (default: 2)
  --max-states N, --max-memory SIZE, --max-time DURATION
                         stop early: what is not known then is undecided
  --threads N            worker threads (default: one a CPU)

what comes out
  --format text|html|json|markdown|junit|ktap|sarif
                         to read, or for a CI service (default: text); docs/gate.md. With html
                         a page that plays it stands beside each trace
  --list                 in text, the worlds of what stays and of what is better
  --output FILE          the same report into a file as well, in the format of its name: .txt,
                         .html, .json, .md, .xml (JUnit), .ktap, .sarif; repeatable
  --traces DIR           where traces of what got worse go (default: cowcheck-traces)

examples
  cowcheck gate mine.cow
  cowcheck gate mine.cow --waive no_needless_copy --because "fork is rare here"

exit status: 0 nothing got worse, 1 something did or is not as an 'expect' line says, 2 bad
input or output that can't be written, 3 undecided, 4 a fault of cowcheck itself.
)";

enum class Format { text, html, json, markdown, junit, ktap, sarif };

struct Options {
    Typed design, against, traces, waived, because, format, outputs, made;
    TypedBounds bounds;
    bool update = false;
    bool lists = false;
};

std::vector<Waiver> read_waivers(const Options& typed) {
    if (typed.waived.size() != typed.because.size())
        throw BadInput("gate: every --waive PROPERTY needs a reason, --because \"...\"; got " +
                       std::to_string(typed.waived.size()) + " and " +
                       std::to_string(typed.because.size()));
    std::vector<Waiver> waivers;
    for (std::size_t i = 0; i < typed.waived.size(); ++i) {
        if (typed.because[i].empty())
            throw BadInput("--because: expected why " + typed.waived[i] + " may get worse, got ''");
        waivers.push_back({typed.waived[i], typed.because[i]});
    }
    return waivers;
}

struct Output {
    std::string path;
    Format format = Format::text;
};

Output read_output(const std::string& path) {
    static constexpr std::array<std::pair<std::string_view, Format>, 9> formats{
        {{".txt", Format::text},
         {".html", Format::html},
         {".json", Format::json},
         {".md", Format::markdown},
         {".markdown", Format::markdown},
         {".xml", Format::junit},
         {".ktap", Format::ktap},
         {".tap", Format::ktap},
         {".sarif", Format::sarif}}};
    for (const auto& [ending, format] : formats)
        if (path.ends_with(ending) && path.size() > ending.size()) return {path, format};
    throw BadInput(
        "--output: expected a file .txt, .html, .json, .md, .xml, .ktap or .sarif, got '" + path +
        "'");
}

// Before anything runs: each can be written, and none is what is read.
std::vector<Output> read_outputs(const Options& typed, const GateRequest& request) {
    std::vector<Output> outputs;
    std::vector<std::string> inputs;
    for (const auto* files : {&request.selection.design_files, &request.selection.world_files})
        for (const auto& [name, path] : *files) inputs.push_back(path);
    for (const std::string& path : typed.outputs) {
        outputs.push_back(read_output(path));
        expect_no_input(path, inputs);
        expect_writable(path);
    }
    return outputs;
}

std::string report_text(const GateReport& report, Format format, const GateTextStyle& style) {
    switch (format) {
    case Format::html: return gate_html(report);
    case Format::json: return gate_json(report);
    case Format::markdown: return gate_markdown(report);
    case Format::junit: return gate_junit(report);
    case Format::ktap: return gate_ktap(report);
    case Format::sarif: return gate_sarif(report);
    case Format::text: break;
    }
    return gate_text(report, style);
}

void refuse_contradictions(const Library& library, const GateRequest& request, bool update) {
    const std::string& name = request.design.name();
    if (request.base.name() == name)
        throw BadInput("gate: '" + name + "' against itself: expected two designs");
    for (const Waiver& waiver : request.waivers)
        if (waiver.property != assertions_name && waiver.property != counting_name &&
            waiver.property != effects_name)
            (void)find_property(library, waiver.property);
    if (update && !request.selection.design_files.contains(name))
        throw BadInput("gate: --update rewrites a file, and '" + name +
                       "' is built in; copy it (cowcheck designs show " + name +
                       " > FILE), give it a name of its own, and name the file");
    if (update && !request.all_worlds)
        throw BadInput("gate: --update needs all worlds, so it does not go with --world");
}

GateRequest read_request(const Options& typed, Library& library) {
    GateRequest request;
    const auto* design = single("DESIGN", typed.design);
    if (design == nullptr || design->empty())
        throw BadInput("gate: expected a design: cowcheck gate DESIGN [--against BASE]");
    const std::string against = word_or("--against", typed.against, "");
    request.depth = read_depth(typed.bounds.depth);
    request.concurrency = read_concurrency(typed.bounds.concurrency, request.concurrency);
    request.threads = read_threads(typed.bounds.threads);
    request.limits = read(typed.bounds.limits);
    request.waivers = read_waivers(typed);
    request.all_worlds = typed.bounds.worlds.empty();
    request.tells_all = typed.update;
    Named named;
    name_all(library, typed.bounds, named);
    // The base first: the design may extend it.
    if (!against.empty()) named.designs.push_back(against);
    named.designs.push_back(*design);
    request.selection = select(library, named);
    request.design = request.selection.designs.back();
    const std::string& base = request.design.design().base;
    if (against.empty() && base.empty())
        throw BadInput("gate: design '" + request.design.name() +
                       "' extends nothing; name what to compare it with: --against NAME|FILE");
    request.base = against.empty() ? find_design(library, base) : request.selection.designs.front();
    refuse_contradictions(library, request, typed.update);
    return request;
}

// Beside each trace a page that plays it. A trace names its design's file; where that extends
// another file, both have to be named.
void write_players(const GateRequest& request, const GateReport& report) {
    Named named;
    const auto& files = request.selection.design_files;
    for (const DesignText* design : {&request.base, &request.design})
        if (const auto file = files.find(design->name()); files.size() > 1 && file != files.end())
            named.designs.push_back(file->second);
    for (const Comparison& one : report.comparisons) {
        if (one.trace.empty()) continue;
        const AskedTrace asked{one.trace, {}, named};
        write_file(player_path(one.trace), player_page(load_trace(asked), asked, 0));
    }
}

unsigned read_made(const Options& typed) {
    const std::string* text = single("--made-worlds", typed.made);
    constexpr unsigned most = 100'000;
    return text == nullptr ? 0 : parse_number("--made-worlds", *text, 0, most);
}

// The request is about worlds made for it from here on. Of a world that a trace is about, the text
// is kept beside the trace.
void look_in_made_worlds(unsigned count, Library& library, GateRequest& request, RunStatus& status,
                         TraceFolder& folder, const std::string& traces, GateReport& report) {
    const auto path_of = [&](const std::string& world) { return traces + "/" + world + ".world"; };
    const std::vector<MadeWorld> made = select_made_worlds(library, request, count, path_of);
    if (made.empty()) return add_made(report, {});
    add_made(report, gate(library, request, status, [&](const Trace& trace) {
                 const std::string& name = trace.header.world.name;
                 const auto world = std::find_if(made.begin(), made.end(), [&](const auto& one) {
                     return one.world.name == name;
                 });
                 if (world != made.end()) (void)folder.write(name + ".world", world->text);
                 return folder.write(trace_file_name(trace), to_json(trace));
             }));
}

int run(const Options& typed) {
    const std::string traces = word_or("--traces", typed.traces, "cowcheck-traces");
    const Format format = one_of<Format>("--format", typed.format, Format::text,
                                         {{"text", Format::text},
                                          {"html", Format::html},
                                          {"json", Format::json},
                                          {"markdown", Format::markdown},
                                          {"junit", Format::junit},
                                          {"ktap", Format::ktap},
                                          {"sarif", Format::sarif}});
    Library library = load_library();
    GateRequest request = read_request(typed, library);
    const unsigned made = read_made(typed);
    const std::vector<Output> outputs = read_outputs(typed, request);
    std::string path;
    if (typed.update) {
        path = request.selection.design_files.at(request.design.name());
        expect_writable(path);
    }
    TraceFolder folder(traces);
    RunStatus status([&](const Fault& fault) { report_fault(library, fault, traces); });
    GateReport report = gate(library, request, status, [&](const Trace& trace) {
        return folder.write(trace_file_name(trace), to_json(trace));
    });
    if (typed.update)
        if (const auto text = with_new_expectations(request, report)) {
            write_file(path, *text);
            report.updated = path;
        }
    if (made != 0 && report.stop_text.empty())
        look_in_made_worlds(made, library, request, status, folder, traces, report);
    if (format == Format::html ||
        std::any_of(outputs.begin(), outputs.end(),
                    [](const Output& one) { return one.format == Format::html; }))
        write_players(request, report);
    status.clear();
    for (const Output& output : outputs)
        write_file(output.path, report_text(report, output.format, {100, typed.lists}));
    print(report_text(report, format, {terminal_size(STDOUT_FILENO).columns, typed.lists}));
    return report.exit_status();
}

}  // namespace

Command gate_command() {
    return {"gate", "DESIGN", "what a change makes worse, better and dearer", help,
            [](CLI::App& app) {
                const auto typed = std::make_shared<Options>();
                declare(app, "DESIGN", typed->design);
                declare(app, "--against", typed->against);
                declare(app, typed->bounds);
                declare(app, "--traces", typed->traces);
                declare(app, "--waive", typed->waived);
                declare(app, "--because", typed->because);
                declare(app, "--format", typed->format);
                declare(app, "--output", typed->outputs);
                declare(app, "--made-worlds", typed->made);
                app.add_flag("--list", typed->lists);
                app.add_flag("--update", typed->update);
                return RunCommand([typed] { return run(*typed); });
            }};
}

}  // namespace cowcheck
