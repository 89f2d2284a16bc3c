// cowcheck selftest: the kernel's own COW tests, run on designs.
#include "cli/formats/selftest.h"
#include "cli/commands/command.h"
#include "cli/options/values.h"
#include "cli/terminal/fault.h"
#include "cli/terminal/output.h"
#include "verify/run/selection.h"
#include "verify/run/status.h"

#include <algorithm>
#include <memory>

namespace cowcheck {

namespace {

constexpr std::string_view help =
    R"(cowcheck selftest: what the kernel's selftest mm/cow.c would print, or a test of your own.

usage: cowcheck selftest [PROGRAM...] [--design NAME|FILE]... [--format ktap|json]

  PROGRAM                programs (docs/programs.md) to be run as tests: ok if all conditions hold
                         in every interleaving (default: those of cow.c)
  --design NAME|FILE     a design; repeatable (default: those that 'cowcheck designs' marks with
                         a *)
  --format ktap|json     (default: ktap)

example
  cowcheck selftest --design v6.1 --design v6.2

exit status: 0 all tests are ok, 1 some are not, 2 bad input, 4 a fault of cowcheck itself.
)";

enum class Format { ktap, json };

struct Options {
    Typed programs, designs, format;
};

int run(const Options& typed) {
    require_words("--design", typed.designs);
    const Format format = one_of<Format>("--format", typed.format, Format::ktap,
                                         {{"ktap", Format::ktap}, {"json", Format::json}});
    Library library = load_library();
    std::vector<LoadedProgram> programs;
    for (const std::string& name : typed.programs) programs.push_back(load_program(library, name));
    if (programs.empty()) programs = load_selftests();
    std::vector<SelftestReport> reports;
    for (const DesignText& design :
         select(library, or_defaults(library, {typed.designs, {}, {}})).designs)
        reports.push_back(selftest(programs, design));
    print(format == Format::json ? selftest_json(reports) : selftest_ktap(reports));
    bool faulted = false;
    for (const SelftestReport& report : reports)
        for (const SelftestResult& result : report.results)
            if (!result.fault.empty()) {
                report_fault(library,
                             {report.design, "selftest", result.test->name,
                              result.fault + " (" + result.memory + ")"},
                             ".");
                faulted = true;
            }
    if (faulted) return ExitStatus::fault;
    const bool ok = std::all_of(reports.begin(), reports.end(),
                                [](const SelftestReport& report) { return report.ok(); });
    return ok ? ExitStatus::no_violation : ExitStatus::violation;
}

}  // namespace

Command selftest_command() {
    return {"selftest", "[PROGRAM...]", "what the kernel's selftest cow.c would print", help,
            [](CLI::App& app) {
                const auto typed = std::make_shared<Options>();
                app.add_option("PROGRAM", typed->programs);
                declare(app, "--design", typed->designs);
                declare(app, "--format", typed->format);
                return RunCommand([typed] { return run(*typed); });
            }};
}

}  // namespace cowcheck
