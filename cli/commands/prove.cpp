// cowcheck prove: what a design's tests of counts say, for every count.
#include "cli/commands/command.h"
#include "cli/formats/prove_text_json.h"
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
    R"(cowcheck prove: what a design's tests of refcount and mapcount say, for every count.

usage: cowcheck prove NAME|FILE... [--format text|json] [--smt2 FILE]
                      [--solver-timeout DURATION]

  --format text|json     (default: text); docs/prove.md
  --smt2 FILE            the questions, for any solver that reads SMT-LIB 2
  --solver-timeout DURATION
                         for one question (default: 10s; 0: answer none)

example
  cowcheck prove v5.7 v5.9

exit status: 0 all is proved, 1 a test is refuted, 2 bad input or output that can't be written,
3 the solver can't tell, 4 a fault of cowcheck itself.
)";

enum class Format { text, json };

struct Options {
    Typed designs, solver_timeout, smt2, format;
};

bool any(const std::vector<prove::Report>& reports, prove::Outcome outcome) {
    return std::any_of(reports.begin(), reports.end(),
                       [&](const prove::Report& report) { return report.any(outcome); });
}

std::string report_text(const std::vector<prove::Report>& reports, Format format) {
    if (format == Format::json) return prove_json(reports);
    std::string text;
    for (const prove::Report& report : reports)
        text += (text.empty() ? "" : "\n") + prove_text(report);
    return text;
}

int run(const Options& typed) {
    if (typed.designs.empty())
        throw BadInput("prove: expected a design: cowcheck prove NAME|FILE...");
    require_words("prove", typed.designs);
    const std::string smt2 = word_or("--smt2", typed.smt2, "");
    const auto timeout = read_solver_timeout(typed.solver_timeout);
    const Format format = one_of<Format>("--format", typed.format, Format::text,
                                         {{"text", Format::text}, {"json", Format::json}});
    if (!smt2.empty()) {
        expect_no_input(smt2, typed.designs);
        expect_writable(smt2);
    }
    Library library = load_library();
    // The reports point into the designs.
    const std::vector<DesignText> designs = select(library, {typed.designs, {}, {}}).designs;
    std::vector<prove::Report> reports;
    reports.reserve(designs.size());
    for (const DesignText& design : designs)
        reports.push_back(prove::prove_guards(design, {timeout, !smt2.empty()}));
    if (!smt2.empty()) write_file(smt2, prove_smt2(reports));
    print(report_text(reports, format));
    unsigned faults = 0;
    for (const prove::Report& report : reports)
        for (const std::string& what : report.faults())
            report_fault(library, {report.design, "prove", std::to_string(++faults), what}, ".");
    if (faults > 0) return ExitStatus::fault;
    if (any(reports, prove::Outcome::unknown)) return ExitStatus::stopped;
    return any(reports, prove::Outcome::refuted) ? ExitStatus::violation : ExitStatus::no_violation;
}

}  // namespace

Command prove_command() {
    return {"prove", "DESIGN...", "what tests of counts are worth, for every count", help,
            [](CLI::App& app) {
                const auto typed = std::make_shared<Options>();
                app.add_option("DESIGN", typed->designs);
                declare(app, "--solver-timeout", typed->solver_timeout);
                declare(app, "--smt2", typed->smt2);
                declare(app, "--format", typed->format);
                return RunCommand([typed] { return run(*typed); });
            }};
}

}  // namespace cowcheck
