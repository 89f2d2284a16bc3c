#include "cli/prove_command.h"

#include "cli/fault.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/prove_report.h"
#include "cli/run.h"

#include <algorithm>

namespace cowcheck {

namespace {

bool any(const std::vector<prove::Report>& reports, prove::Outcome outcome) {
    return std::any_of(reports.begin(), reports.end(),
                       [&](const prove::Report& report) { return report.any(outcome); });
}

}  // namespace

int prove_designs(const ProveCommandOptions& options) {
    if (!options.smt2.empty()) {
        expect_no_input(options.smt2, options.designs);
        expect_writable(options.smt2);
    }
    Library library = load_library();
    std::vector<prove::Report> reports;
    std::vector<DesignText> designs;  // the reports point into them
    for (const std::string& name : select_designs(library, options.designs))
        designs.push_back(find_design(library, name));
    for (const DesignText& design : designs)
        reports.push_back(prove::prove_guards(design, {options.timeout, !options.smt2.empty()}));
    if (!options.smt2.empty()) write_file(options.smt2, prove_smt2(reports));
    if (options.format == ProveCommandOptions::Format::json) {
        print(prove_json(reports));
    } else {
        std::string text;
        for (const prove::Report& report : reports)
            text += (text.empty() ? "" : "\n") + prove_text(report);
        print(text);
    }
    unsigned faults = 0;
    for (const prove::Report& report : reports)
        for (const std::string& what : report.faults())
            report_fault(library, {report.design, "prove", std::to_string(++faults), what}, ".");
    if (faults > 0) return ExitStatus::fault;
    if (any(reports, prove::Outcome::unknown)) return ExitStatus::stopped;
    return any(reports, prove::Outcome::refuted) ? ExitStatus::violation : ExitStatus::no_violation;
}

}  // namespace cowcheck
