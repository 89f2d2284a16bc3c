// cowcheck ablate: what each step of a design is for.
#include "cli/formats/ablate.h"
#include "cli/commands/command.h"
#include "cli/options/parse_numbers.h"
#include "cli/options/values.h"
#include "cli/terminal/ablate_status.h"
#include "cli/terminal/output.h"
#include "traces/digest.h"
#include "traces/trace_json.h"
#include "verify/ablate/ablate.h"
#include "verify/run/counterexample.h"
#include "verify/run/read_text.h"

#include "cowcheck_version.h"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include <unistd.h>

namespace cowcheck {

namespace {

constexpr std::string_view help =
    R"(cowcheck ablate: what each step of DESIGN is for. Every wrong change of one statement (not
there, a guard fixed or weakened, a lock weakened, moved or gone, a flush dropped, a bit
forgotten, a count off by one, steps that change places) is judged against DESIGN, in the worlds
that come to it, those with few states first.

usage: cowcheck ablate DESIGN [--handler NAME]... [--line PLACE:N]... [options]

what to change
  DESIGN                 a design of your own, or one that is built in
  --handler NAME         do_wp_page, "fault write", "predicate may_reuse"; repeatable
                         (default: all that is in force, inherited or not)
  --line PLACE:N         one statement: line N of a handler, whose name stands in line 1, or of a
                         file as traces name it, v5.9.cow:33; repeatable
  --shard I/N            the I-th of N parts of the changes, from 1 on

how it is judged
  --world NAME|FILE      repeatable (default: all that are built in)
  --property NAME|FILE   repeatable (default: all that are built in)
  --depth N, --concurrency K|all
                         as for 'cowcheck gate'
  --budget N             states that one change may take in all worlds (default: 20M): what is
                         undecided then is so on every machine. A world with ten times the
                         states of DESIGN itself, and 100,000, is left undecided as well
  --max-time DURATION, --max-memory SIZE
                         stop early
  --threads N            worker threads (default: one a CPU)

what comes out
  --format text|json|markdown
                         (default: text); docs/ablation.md
  --resume FILE          results are kept there, and what is there and still true is not judged
                         again
  --keep DIR             every change as a design that extends DESIGN
  --traces DIR           a trace of what each change breaks

examples
  cowcheck ablate v6.2 --line "fault write:6"
  cowcheck ablate mine.cow --handler do_wp_page --keep changes
  cowcheck ablate v6.2 --resume v6.2.results --max-time 1h

exit status: 0 nothing is unnoticed, 1 a change is noticed by no property and explained by no
'# equivalent: WHY' at its line, 2 bad input or output that can't be written, 3 undecided, 4 a
fault of cowcheck itself.
)";

enum class Format { text, json, markdown };

struct Options {
    Typed design, handlers, lines, shard, worlds, properties, depth, concurrency, budget, max_time,
        max_memory, threads, format, resume, keep, traces;
};

// "do_wp_page:12": a name and a number of a line.
WantedLine read_line(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos || colon == 0)
        throw BadInput("--line: expected HANDLER:N or FILE:N, got '" + text + "'");
    return {text.substr(0, colon), parse_number("--line", text.substr(colon + 1), 1, 1'000'000)};
}

void read_shard(const Typed& values, AblateRequest& request) {
    const std::string* text = single("--shard", values);
    if (text == nullptr) return;
    const std::size_t slash = text->find('/');
    if (slash == std::string::npos)
        throw BadInput("--shard: expected I/N, such as 1/4, got '" + *text + "'");
    request.shards = parse_number("--shard", text->substr(slash + 1), 1, 10000);
    request.shard = parse_number("--shard", text->substr(0, slash), 1, request.shards) - 1;
}

StopLimits read_limits(const Options& typed) {
    TypedLimits limits;
    limits.time = typed.max_time;
    limits.memory = typed.max_memory;
    return read(limits);
}

// What results depend on beside the texts: this very program.
std::string tool() {
    std::ifstream file("/proc/self/exe", std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    return std::string(version) + " " + text_digest(bytes);
}

KnownResults read_known(const std::string& path) {
    if (path.empty()) return {};
    expect_writable(path);
    std::ifstream file(path, std::ios::binary);
    if (!file) return {};
    KnownResults known{std::string{std::istreambuf_iterator<char>(file), {}}};
    if (known.damaged() > 0)
        spdlog::warn("{}", path + ": " + std::to_string(known.damaged()) +
                               " results are damaged, and are found again");
    return known;
}

AblateRequest read_request(const Options& typed, Library& library) {
    AblateRequest request;
    const auto* design = single("DESIGN", typed.design);
    if (design == nullptr || design->empty())
        throw BadInput("ablate: expected a design: cowcheck ablate DESIGN");
    require_words("--handler", typed.handlers);
    require_words("--world", typed.worlds);
    require_words("--property", typed.properties);
    request.handlers = typed.handlers;
    for (const std::string& line : typed.lines) request.lines.push_back(read_line(line));
    read_shard(typed.shard, request);
    request.depth = read_depth(typed.depth);
    request.concurrency = read_concurrency(typed.concurrency, request.concurrency);
    request.threads = read_threads(typed.threads);
    request.limits = read_limits(typed);
    if (const auto* text = single("--budget", typed.budget))
        request.budget = parse_count("--budget", *text);
    Named named;
    named.designs = {*design};
    named.worlds = typed.worlds.empty() ? library.world_names() : typed.worlds;
    named.properties = typed.properties;
    request.selection = select(library, named);
    request.design = request.selection.designs.back();
    request.tool = tool();
    return request;
}

std::string report_text(const AblateReport& report, Format format) {
    switch (format) {
    case Format::json: return ablate_json(report);
    case Format::markdown: return ablate_markdown(report);
    case Format::text: break;
    }
    const unsigned columns = terminal_size(STDOUT_FILENO).columns;
    return ablate_text(report, {columns == 0 ? 100 : columns, true});
}

int run(const Options& typed) {
    const Format format = one_of<Format>(
        "--format", typed.format, Format::text,
        {{"text", Format::text}, {"json", Format::json}, {"markdown", Format::markdown}});
    const std::string resume = word_or("--resume", typed.resume, "");
    const std::string keep = word_or("--keep", typed.keep, "");
    const std::string traces = word_or("--traces", typed.traces, "");
    Library library = load_library();
    const AblateRequest request = read_request(typed, library);
    KnownResults known = read_known(resume);
    std::unique_ptr<TraceFolder> trace_folder;
    std::unique_ptr<TraceFolder> text_folder;
    AblateSinks sinks;
    if (!keep.empty()) {
        text_folder = std::make_unique<TraceFolder>(keep);
        sinks.keep = [&](const std::string& name, const std::string& text) {
            return text_folder->write(name + ".cow", text);
        };
    }
    if (!traces.empty()) {
        trace_folder = std::make_unique<TraceFolder>(traces);
        sinks.trace = [&](const Trace& trace) {
            Trace told = trace;
            if (!keep.empty())
                told.header.design.path =
                    (std::filesystem::path(keep) / (trace.header.design.name + ".cow")).string();
            return trace_folder->write(trace_file_name(trace), to_json(told));
        };
    }
    if (!resume.empty())
        sinks.store = [&](const KnownResults& results) { write_file(resume, results.text()); };
    AblateStatus status;
    const AblateReport report = ablate(library, request, known, status, sinks);
    status.clear();
    print(report_text(report, format));
    return report.exit_status();
}

}  // namespace

Command ablate_command() {
    return {"ablate", "DESIGN", "what each step is for: every wrong change of one", help,
            [](CLI::App& app) {
                const auto typed = std::make_shared<Options>();
                for (const auto& [name, values] :
                     std::initializer_list<std::pair<const char*, Typed*>>{
                         {"DESIGN", &typed->design},
                         {"--handler", &typed->handlers},
                         {"--line", &typed->lines},
                         {"--shard", &typed->shard},
                         {"--world", &typed->worlds},
                         {"--property", &typed->properties},
                         {"--depth", &typed->depth},
                         {"--concurrency", &typed->concurrency},
                         {"--budget", &typed->budget},
                         {"--max-time", &typed->max_time},
                         {"--max-memory", &typed->max_memory},
                         {"--threads", &typed->threads},
                         {"--format", &typed->format},
                         {"--resume", &typed->resume},
                         {"--keep", &typed->keep},
                         {"--traces", &typed->traces}})
                    declare(app, name, *values);
                return RunCommand([typed] { return run(*typed); });
            }};
}

}  // namespace cowcheck
