// cowcheck export: the same transition system for another model checker.
#include "cli/commands/command.h"
#include "cli/options/values.h"
#include "cli/terminal/output.h"
#include "model/export/promela.h"
#include "verify/run/selection.h"
#include "verify/run/status.h"

#include <memory>

namespace cowcheck {

namespace {

constexpr std::string_view help =
    R"(cowcheck export: the same states and verdicts for SPIN.

usage: cowcheck export --to promela --design NAME|FILE [options]

  --design NAME|FILE     the design
  --world NAME|FILE      (default: default)
  --property NAME|FILE   repeatable (default: all)
  --depth N              operations that are started (default: no bound)
  --concurrency K|all    operations in flight at once (default: 2)
  --output FILE          (default: stdout)

example
  cowcheck export --to promela --design v5.9 --world tiny --output tiny.pml
                         its first lines say how SPIN runs it

exit status: 0 written, 2 bad input, something that can't be exported, or output that can't be
written, 4 a fault of cowcheck itself.
)";

struct Options {
    Typed language, designs, worlds, properties, depth, concurrency, output;
};

int run(const Options& typed) {
    const auto* language = single("--to", typed.language);
    if (language == nullptr || *language != "promela")
        throw BadInput("export: expected --to promela" +
                       (language == nullptr ? std::string() : ", got '" + *language + "'"));
    if (single("--design", typed.designs) == nullptr)
        throw BadInput("export: expected a design: --design NAME|FILE");
    const Named named{{word_or("--design", typed.designs, "")},
                      {word_or("--world", typed.worlds, "default")},
                      typed.properties};
    require_words("--property", typed.properties);
    const std::string output = word_or("--output", typed.output, "");
    ExportOptions options;
    options.depth = read_depth(typed.depth, options.depth, 1);
    options.concurrency = read_concurrency(typed.concurrency, Bounds{}.concurrency);
    std::vector<std::string> inputs{named.designs.front(), named.worlds.front()};
    inputs.insert(inputs.end(), named.properties.begin(), named.properties.end());
    expect_no_input(output, inputs);
    Library library = load_library();
    const Selection selection = select(library, named);
    const DesignText& design = selection.designs.front();
    options.design = design.name();
    const Program program =
        compile_or_complain(design, selection.properties, selection.worlds.front());
    try {
        const std::string text = export_promela(program, options);
        if (output.empty())
            print(text);
        else
            write_file(output, text);
    } catch (const promela::NotExportable& reason) {
        throw BadInput(reason.what());
    }
    return ExitStatus::no_violation;
}

}  // namespace

Command export_command() {
    return {"export", "--to promela", "the same states for SPIN", help, [](CLI::App& app) {
                const auto typed = std::make_shared<Options>();
                declare(app, "--to", typed->language);
                declare(app, "--design", typed->designs);
                declare(app, "--world", typed->worlds);
                declare(app, "--property", typed->properties);
                declare(app, "--depth", typed->depth);
                declare(app, "--concurrency", typed->concurrency);
                declare(app, "--output", typed->output);
                return RunCommand([typed] { return run(*typed); });
            }};
}

}  // namespace cowcheck
