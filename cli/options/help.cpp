#include "cli/options/help.h"

#include "cli/commands/command.h"

#include <algorithm>

namespace cowcheck {

namespace {

constexpr std::string_view head =
    R"(cowcheck checks copy-on-write and get_user_pages designs of the Linux kernel:
every interleaving of their steps, and the shortest schedule that breaks a
promise.

usage: cowcheck [check] [--design NAME|FILE]... [--world NAME|FILE]...
                [--property NAME|FILE]... [--depth N] [--concurrency K|all] ...
       cowcheck COMMAND ...
       cowcheck COMMAND --help      what it does, and its options
       cowcheck --version

commands
)";

constexpr std::string_view tail = R"(
examples
  cowcheck                               the history of the kernel, 5 operations
                                         deep
  cowcheck --depth 8 --design v5.9       one design, deeper
  cowcheck designs show v5.9 > mine.cow  a start for a design of your own; give
  cowcheck --design mine.cow             it a name of its own and check it
  cowcheck gate mine.cow                 what is worse or better than in v5.9
  cowcheck replay --step cowcheck-traces/v5.7-default-no_foreign_data.json

exit status: 0 no violation, 1 violation, 2 bad input or output that can't be
written, 3 stopped by a limit or Ctrl-C without a violation so far,
4 a fault of cowcheck itself, which is no verdict: the message says what to
report. What 1 and 3 mean for a command that looks for something else is in its
help.
)";

}  // namespace

std::string main_help() {
    std::size_t width = 0;
    const auto call = [](const Command& command) {
        return std::string(command.name) + (command.arguments.empty() ? "" : " ") +
               std::string(command.arguments);
    };
    for (const Command& command : all_commands()) width = std::max(width, call(command).size());
    std::string text(head);
    for (const Command& command : all_commands()) {
        std::string line = "  " + call(command);
        line.resize(width + 4, ' ');
        text += line + std::string(command.purpose) + "\n";
    }
    return text + std::string(tail);
}

}  // namespace cowcheck
