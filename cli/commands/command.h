// What a command is to the command line: its name, its help, its options.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <string_view>
#include <vector>

namespace cowcheck {

// Runs the command with what was typed; returns the exit status. Throws BadInput.
using RunCommand = std::function<int()>;

struct Command {
    std::string_view name;
    std::string_view arguments;  // as the list of commands shows them: "DESIGN"
    std::string_view purpose;    // in a few words
    std::string_view help;       // what `cowcheck NAME --help` prints
    // Declares the options.
    RunCommand (*declare)(CLI::App& app);
};

// In the order in which the help lists them; `check`, which goes without its name, is first.
[[nodiscard]] const std::vector<Command>& all_commands();

// One a file; what each does is in its own.
[[nodiscard]] Command check_command();
[[nodiscard]] Command replay_command();
[[nodiscard]] Command explain_command();
[[nodiscard]] Command gate_command();
[[nodiscard]] Command ablate_command();
[[nodiscard]] Command coverage_command();
[[nodiscard]] Command history_command();
[[nodiscard]] Command prove_command();
[[nodiscard]] Command run_command();
[[nodiscard]] Command selftest_command();
[[nodiscard]] Command export_command();
[[nodiscard]] Command conform_command();
[[nodiscard]] Command reproduce_command();
[[nodiscard]] Command designs_command();
[[nodiscard]] Command worlds_command();
[[nodiscard]] Command properties_command();

}  // namespace cowcheck
