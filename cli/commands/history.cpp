// cowcheck history: all designs, all properties, all known bugs.
#include "cli/formats/history.h"
#include "cli/commands/command.h"
#include "cli/options/values.h"
#include "cli/terminal/fault.h"
#include "cli/terminal/output.h"
#include "cli/terminal/run_status.h"
#include "verify/run/status.h"

#include <spdlog/spdlog.h>

#include <memory>

namespace cowcheck {

namespace {

constexpr std::string_view help =
    R"(cowcheck history: every design against every property, over the worlds that tell them apart,
with the known bug that each violation is.

usage: cowcheck history [--format text|markdown] [--threads N]
       cowcheck history --why DESIGN PROPERTY [--threads N]

  --why DESIGN PROPERTY  one cell of the table: how it breaks, and what mended it
  --format text|markdown (default: text)
  --threads N            worker threads (default: one a CPU)

example
  cowcheck history --why v5.9 no_foreign_data

exit status: 0 all is as the designs expect, 1 something is not, 2 bad input, 4 a fault of
cowcheck itself.
)";

enum class Format { text, markdown };

struct Options {
    Typed format, threads;
    std::vector<Typed> why;
};

int tell(const Typed& cell, unsigned threads) {
    Library library = load_library();
    try {
        print(history_why(why(library, cell[0], cell[1], threads)));
        return ExitStatus::no_violation;
    } catch (const Faulted& error) {
        report_fault(library, error.fault(), ".");
        return ExitStatus::fault;
    }
}

int run(const Options& typed) {
    const Format format = one_of<Format>("--format", typed.format, Format::text,
                                         {{"text", Format::text}, {"markdown", Format::markdown}});
    const unsigned threads = read_threads(typed.threads);
    if (typed.why.size() > 1)
        throw BadInput("--why is given " + std::to_string(typed.why.size()) + " times");
    if (!typed.why.empty()) {
        require_words("--why", typed.why.front());
        if (!typed.format.empty()) throw BadInput("--why is told as text; it has no --format");
        return tell(typed.why.front(), threads);
    }
    const Library library = load_library();
    RunStatus status([&](const Fault& fault) { report_fault(library, fault, "."); });
    const History known = explore_history(library, threads, status);
    status.clear();
    print(format == Format::markdown ? history_markdown(known) : history_text(known));
    for (const std::string& surprise : known.surprises) spdlog::warn("{}", surprise);
    for (const Fault& fault : known.faults) status.fault(fault);
    if (!known.faults.empty()) return ExitStatus::fault;
    return known.surprises.empty() ? ExitStatus::no_violation : ExitStatus::violation;
}

}  // namespace

Command history_command() {
    return {"history", "", "every design, every property, every known bug", help,
            [](CLI::App& app) {
                const auto typed = std::make_shared<Options>();
                declare(app, "--format", typed->format);
                declare(app, "--threads", typed->threads);
                app.add_option("--why", typed->why)->type_size(2);
                return RunCommand([typed] { return run(*typed); });
            }};
}

}  // namespace cowcheck
