// cowcheck coverage: what of a design's text the worlds ever run.
#include "cli/formats/coverage.h"
#include "cli/commands/command.h"
#include "cli/options/values.h"
#include "cli/terminal/fault.h"
#include "cli/terminal/output.h"
#include "cli/terminal/run_status.h"
#include "verify/coverage/coverage.h"

#include <memory>

namespace cowcheck {

namespace {

constexpr std::string_view help =
    R"(cowcheck coverage: which steps and guards of a design no world ever runs, and which clauses
of properties never ask for anything.

usage: cowcheck coverage [DESIGN...] [options]

  DESIGN                 designs of your own, or built-in ones (default: those that 'cowcheck
                         designs' marks with a *)
  --world NAME|FILE      repeatable (default: all that are built in)
  --also-world FILE, --property FILE
                         worlds and properties of your own in addition; repeatable
  --depth N              operations that are started, in every world (default: two less than
                         each world says, at least 4)
  --concurrency K|all    operations in flight at once (default: 2)
  --max-states N, --max-memory SIZE, --max-time DURATION
                         stop early
  --threads N            worker threads (default: one a CPU)
  --no-reduction         do not join steps: how often each runs is exact then
  --format text|json|lcov
                         lcov is for genhtml (default: text); docs/gate.md

example
  cowcheck coverage mine.cow

exit status: 0 all is covered or explained ('# unreachable: WHY'), 1 something is not, 2 bad
input, 3 stopped by a limit, 4 a fault of cowcheck itself.
)";

enum class Format { text, json, lcov };

struct Options {
    Typed designs, format;
    TypedBounds bounds;
    bool no_reduction = false;
};

std::string report_text(const CoverageReport& report, Format format) {
    switch (format) {
    case Format::json: return coverage_json(report);
    case Format::lcov: return coverage_lcov(report);
    case Format::text: break;
    }
    return coverage_text(report);
}

int run(const Options& typed) {
    require_words("DESIGN", typed.designs);
    CoverageRequest request;
    request.depth = read_depth(typed.bounds.depth);
    request.concurrency = read_concurrency(typed.bounds.concurrency, request.concurrency);
    request.threads = read_threads(typed.bounds.threads);
    request.limits = read(typed.bounds.limits);
    request.joining = !typed.no_reduction;
    const Format format =
        one_of<Format>("--format", typed.format, Format::text,
                       {{"text", Format::text}, {"json", Format::json}, {"lcov", Format::lcov}});
    Library library = load_library();
    Named named;
    named.designs = typed.designs;
    name_all(library, typed.bounds, named);
    request.means_pairs = means_pairs({typed.designs, typed.bounds.worlds, {}});
    request.selection = select(library, or_defaults(library, named));
    RunStatus status([&](const Fault& fault) { report_fault(library, fault, "."); });
    const CoverageReport report = coverage(library, request, status);
    status.clear();
    print(report_text(report, format));
    return report.exit_status();
}

}  // namespace

Command coverage_command() {
    return {"coverage", "[DESIGN...]", "what of a design no world ever runs", help,
            [](CLI::App& app) {
                const auto typed = std::make_shared<Options>();
                app.add_option("DESIGN", typed->designs);
                declare(app, typed->bounds);
                declare(app, "--format", typed->format);
                app.add_flag("--no-reduction", typed->no_reduction);
                return RunCommand([typed] { return run(*typed); });
            }};
}

}  // namespace cowcheck
