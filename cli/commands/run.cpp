// cowcheck run: all outcomes of a program.
#include "cli/formats/run.h"
#include "cli/commands/command.h"
#include "cli/options/parse_numbers.h"
#include "cli/options/values.h"
#include "cli/terminal/fault.h"
#include "cli/terminal/output.h"
#include "traces/trace_json.h"
#include "verify/program/program.h"
#include "verify/run/limits.h"
#include "verify/run/selection.h"
#include "verify/run/status.h"

#include <chrono>
#include <memory>

namespace cowcheck {

namespace {

constexpr std::string_view help =
    R"(cowcheck run: a program (a litmus test for copy-on-write and GUP) with every interleaving:
all that can be seen in the end, and whether its conditions hold.

usage: cowcheck run PROGRAM [--design NAME|FILE]... [options]

  PROGRAM                a file, or one of those that are built in (cowcheck run --list)
  --design NAME|FILE     a design; repeatable (default: those that 'cowcheck designs' marks with
                         a *; all: every built-in one)
  --format text|json     outcomes to read, or docs/run.schema.json (default: text)
  --trace-dir DIR        write the shortest schedule of each outcome there, for 'cowcheck replay'
  --max-states N         states of one design (default: 5M)
  --max-time DURATION    of all together: 90s, 10m
  --list                 the programs that are built in

What a program is, and what is seen in it: docs/programs.md.

examples
  cowcheck run vmsplice-leak --design v5.7 --design v5.8
  cowcheck run mine.program --design v6.12 --trace-dir traces
  cowcheck replay traces/mine-v6.12-outcome1.json

exit status: 0 all conditions hold in all designs, 1 one does not (or a design asserts or counts
wrong), 2 bad input, or nothing that could be run, 3 stopped by a limit with nothing wrong so far,
4 a fault of cowcheck itself.
)";

enum class Format { text, json };

struct Options {
    Typed program, designs, format, traces, states, time;
    bool list = false;
};

void list_programs(const Library& library) {
    std::string text;
    for (const std::string& name : program_names()) {
        const LoadedProgram program = load_program(library, name);
        text += name + std::string(name.size() < 26 ? 26 - name.size() : 1, ' ') +
                program.text.title + "\n";
    }
    print(text);
}

// Where traces go, and each with the world that it is in.
struct Traces {
    std::string path;
    std::unique_ptr<TraceFolder> folder;

    [[nodiscard]] std::string world_name(const std::string& program) const {
        return path + "/" + program + ".world";
    }
    std::string write(const Trace& trace, const std::string& name, const std::string& world) const {
        (void)folder->write(trace.header.world.name + ".world", world);
        return folder->write(name + ".json", to_json(trace));
    }
};

int run(const Options& typed) {
    const Format format = one_of<Format>("--format", typed.format, Format::text,
                                         {{"text", Format::text}, {"json", Format::json}});
    require_words("--design", typed.designs);
    Library library = load_library();
    if (typed.list) {
        list_programs(library);
        return ExitStatus::no_violation;
    }
    const std::string* name = single("PROGRAM", typed.program);
    if (name == nullptr || name->empty())
        throw BadInput("run: expected a program: cowcheck run PROGRAM");
    const LoadedProgram program = load_program(library, *name);
    ProgramRequest request;
    request.program = &program;
    request.designs = select(library, or_defaults(library, {typed.designs, {}, {}})).designs;
    if (const std::string* states = single("--max-states", typed.states))
        request.max_states = parse_count("--max-states", *states);
    Stop stop;
    const InterruptGuard guard(stop);
    const auto begin = std::chrono::steady_clock::now();
    std::optional<std::chrono::milliseconds> most;
    if (const std::string* time = single("--max-time", typed.time))
        most = parse_duration("--max-time", *time);
    request.stop = [&] {
        return stop.requested.load() || (most && std::chrono::steady_clock::now() - begin > *most);
    };
    Traces traces;
    if (!typed.traces.empty()) {
        traces.path = word_or("--trace-dir", typed.traces, "");
        traces.folder = std::make_unique<TraceFolder>(traces.path);
        request.sink = [&](const Trace& trace, const std::string& file, const std::string& world) {
            return traces.write(trace, file, world);
        };
        request.world_path = [&](const std::string& world) { return traces.world_name(world); };
    }
    const ProgramReport report = run(request);
    print(format == Format::json ? run_json(report) : run_text(report));
    for (const DesignReport& design : report.designs)
        if (design.fault) report_fault(library, *design.fault, ".");
    return report.exit_status();
}

}  // namespace

Command run_command() {
    return {"run", "PROGRAM", "all outcomes of a litmus test for COW and GUP", help,
            [](CLI::App& app) {
                const auto typed = std::make_shared<Options>();
                declare(app, "PROGRAM", typed->program);
                declare(app, "--design", typed->designs);
                declare(app, "--format", typed->format);
                declare(app, "--trace-dir", typed->traces);
                declare(app, "--max-states", typed->states);
                declare(app, "--max-time", typed->time);
                app.add_flag("--list", typed->list);
                return RunCommand([typed] { return run(*typed); });
            }};
}

}  // namespace cowcheck
