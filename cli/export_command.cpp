#include "cli/export_command.h"

#include "cli/bad_input.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/run.h"
#include "model/export/promela.h"

namespace cowcheck {

namespace {

Selection select_one(Library& library, const ExportCommandOptions& options) {
    CheckOptions wanted;
    wanted.designs = {options.design};
    wanted.worlds = {options.world};
    wanted.properties = options.properties;
    return select(library, wanted);
}

}  // namespace

int export_model(const ExportCommandOptions& options) {
    std::vector<std::string> inputs{options.design, options.world};
    inputs.insert(inputs.end(), options.properties.begin(), options.properties.end());
    expect_no_input(options.output, inputs);
    Library library = load_library();
    const Selection selection = select_one(library, options);
    const DesignText design = find_design(library, selection.designs.front());
    const World& world = find_world(library, selection.worlds.front());
    const PropertySet properties = selected_properties(library, selection);
    const Program program = compile_or_complain(design, properties, world);
    ExportOptions about;
    about.design = design.name();
    about.concurrency = options.concurrency;
    about.depth = options.depth;
    try {
        const std::string text = export_promela(program, about);
        if (options.output.empty())
            print(text);
        else
            write_file(options.output, text);
    } catch (const promela::NotExportable& reason) {
        throw BadInput(reason.what());
    }
    return ExitStatus::no_violation;
}

}  // namespace cowcheck
