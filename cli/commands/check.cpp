// cowcheck [check]: every schedule of designs in worlds.
#include "verify/run/check.h"
#include "cli/commands/command.h"
#include "cli/options/parse_numbers.h"
#include "cli/options/values.h"
#include "cli/terminal/check_reporter.h"
#include "cli/terminal/fault.h"
#include "cli/terminal/output.h"
#include "traces/trace_json.h"
#include "verify/run/counterexample.h"
#include "verify/run/status.h"

#include <memory>

namespace cowcheck {

namespace {

constexpr std::string_view help =
    R"(cowcheck [check]: every schedule of designs in worlds, and the shortest one that breaks a
promise.

usage: cowcheck [check] [options]

what to check
  --design NAME|FILE     a design; may be repeated. all: every built-in one (default: the
                         seven that 'cowcheck designs' marks with a *)
  --world NAME|FILE      processes, CPUs, pages, what may start; repeatable (default: default)
  --property NAME|FILE   a property, or a file of your own; repeatable (default: all).
                         What the design itself asserts always counts

bounds
  --depth N              operations that are started, 0 to 255 (default: 5)
  --concurrency K|all    operations in flight at once, 1 to 64 (default: 2)

limits: stop early and say what is known so far
  --max-states N         states stored, all designs together: 500000, 10M, 2G
  --max-memory SIZE      memory of the process: 512M, 8G, 1.5GiB
                         (default: 90 % of the machine's)
  --max-time DURATION    90s, 10m, 1h30m
  --solver-timeout DURATION
                         for one question about references from outside (default: 10s;
                         0: answer none)

to go on later: after a kill, a limit, a reboot
  --checkpoint DIR       keep what is explored in DIR, and go on from what is there: give the
                         same command again. At the end nothing is left of it
  --every DURATION       how often (default: 10m); a limit or Ctrl-C keeps it, too

how
  --threads N            worker threads (default: one a CPU); results are the same for any number
  --traces DIR           where traces go (default: cowcheck-traces)
  --format text|json     a table to read, or docs/results.schema.json (default: text)
  --no-reduction         do not join steps that nobody can see between
  --no-symmetry          do not store states that differ in names only as one

examples
  cowcheck                               the history of the kernel, 5 operations deep
  cowcheck --depth 8 --design v5.9       one design, deeper
  cowcheck designs show v5.9 > mine.cow  a start for a design of your own;
  cowcheck --design mine.cow             give it a name of its own and check it

exit status: 0 no violation, 1 violation, 2 bad input or output that can't be written,
3 stopped by a limit or Ctrl-C without a violation so far, 4 a fault of cowcheck itself, which
is no verdict: the message says what to report.
)";

enum class Format { text, json };

struct Options {
    Typed designs, worlds, properties, depth, concurrency, threads, solver_timeout, traces, format;
    Typed checkpoint, every;
    TypedLimits limits;
    bool no_reduction = false;
    bool no_symmetry = false;
};

RunOptions run_options(const Options& typed) {
    RunOptions options;
    options.bounds.depth = read_depth(typed.depth, options.bounds.depth);
    options.bounds.concurrency = read_concurrency(typed.concurrency, options.bounds.concurrency);
    options.policy.solver_timeout = read_solver_timeout(typed.solver_timeout);
    options.policy.joining = !typed.no_reduction;
    options.policy.symmetry = !typed.no_symmetry;
    return options;
}

std::optional<CheckpointOptions> checkpoint_options(const Options& typed) {
    const std::string* every = single("--every", typed.every);
    const std::string folder = word_or("--checkpoint", typed.checkpoint, "");
    if (folder.empty() && every != nullptr)
        throw BadInput("--every says how often --checkpoint DIR writes: give that as well");
    if (folder.empty()) return std::nullopt;
    CheckpointOptions options{folder};
    if (every != nullptr) options.every = parse_duration("--every", *every);
    return options;
}

int run(const Options& typed) {
    CheckRequest request;
    request.checkpoint = checkpoint_options(typed);
    request.options = run_options(typed);
    request.threads = read_threads(typed.threads);
    request.limits = read(typed.limits);
    const std::string traces = word_or("--traces", typed.traces, "cowcheck-traces");
    const Format format = one_of<Format>("--format", typed.format, Format::text,
                                         {{"text", Format::text}, {"json", Format::json}});
    require_words("--design", typed.designs);
    require_words("--world", typed.worlds);
    require_words("--property", typed.properties);
    Library library = load_library();
    const Named named{typed.designs, typed.worlds, typed.properties};
    request.means_pairs = means_pairs(named);
    request.selection = select(library, or_defaults(library, named));

    StatusLine status;
    const auto report = [&](const Fault& fault) { report_fault(library, fault, traces); };
    std::unique_ptr<Reporter> reporter;
    if (format == Format::json)
        reporter = std::make_unique<JsonReporter>(status, report);
    else
        reporter = std::make_unique<TextReporter>(status, report);
    std::unique_ptr<TraceFolder> folder;
    const CheckResults results = check(library, request, *reporter, [&]() -> TraceSink {
        folder = std::make_unique<TraceFolder>(traces);
        return [&](const Trace& trace) {
            return folder->write(trace_file_name(trace), to_json(trace));
        };
    });
    if (!results.has_fault() && !results.write_error.empty()) throw BadInput(results.write_error);
    return results.exit_status();
}

}  // namespace

Command check_command() {
    return {"check", "", "every schedule of designs in worlds", help, [](CLI::App& app) {
                const auto typed = std::make_shared<Options>();
                declare(app, "--depth", typed->depth);
                declare(app, "--concurrency", typed->concurrency);
                declare(app, "--design", typed->designs);
                declare(app, "--world", typed->worlds);
                declare(app, "--property", typed->properties);
                declare(app, "--threads", typed->threads);
                declare(app, typed->limits);
                declare(app, "--solver-timeout", typed->solver_timeout);
                declare(app, "--traces", typed->traces);
                declare(app, "--format", typed->format);
                declare(app, "--checkpoint", typed->checkpoint);
                declare(app, "--every", typed->every);
                app.add_flag("--no-reduction", typed->no_reduction);
                app.add_flag("--no-symmetry", typed->no_symmetry);
                return RunCommand([typed] { return run(*typed); });
            }};
}

}  // namespace cowcheck
