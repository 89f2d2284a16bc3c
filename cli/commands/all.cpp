#include "cli/commands/command.h"

namespace cowcheck {

const std::vector<Command>& all_commands() {
    static const std::vector<Command> commands{
        check_command(),  replay_command(),   explain_command(), gate_command(),
        ablate_command(), coverage_command(), history_command(), prove_command(),
        run_command(),    selftest_command(), conform_command(), reproduce_command(),
        export_command(), designs_command(),  worlds_command(),  properties_command()};
    return commands;
}

}  // namespace cowcheck
