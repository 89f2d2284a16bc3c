#include "cli/history_command.h"

#include "cli/history_matrix.h"
#include "cli/history_why.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/run.h"

#include <iostream>

namespace cowcheck {

int history(const HistoryOptions& options) {
    Library library = load_library();
    if (!options.design.empty()) {
        print(why(library, options.design, options.property, options.threads));
        return ExitStatus::no_violation;
    }
    History known;
    {
        StatusLine status;
        known = explore_history(library, options.threads, status);
    }
    print(options.format == HistoryOptions::Format::markdown ? history_markdown(known)
                                                             : history_text(known));
    for (const std::string& surprise : known.surprises) std::cerr << "note: " << surprise << "\n";
    for (const Fault& fault : known.faults) report_fault(library, fault, ".");
    if (!known.faults.empty()) return ExitStatus::fault;
    return known.surprises.empty() ? ExitStatus::no_violation : ExitStatus::violation;
}

}  // namespace cowcheck
