#include "cli/options/command_line.h"

#include "cli/options/help.h"
#include "cli/options/values.h"
#include "cli/terminal/output.h"
#include "model/language/source.h"
#include "verify/run/status.h"

#include "cowcheck_version.h"

#include <utility>

namespace cowcheck {

namespace {

using Strings = std::vector<std::string>;

struct Declared {
    const Command* command = nullptr;
    const CLI::App* app = nullptr;
    RunCommand run;
};

// The options of the first command stand beside its name or without it.
std::vector<Declared> declare_all(CLI::App& app) {
    app.set_help_flag("-h,--help");
    app.set_version_flag("--version", std::string(version));
    app.allow_extras();
    std::vector<Declared> all;
    for (const Command& command : all_commands()) {
        CLI::App* own = app.add_subcommand(std::string(command.name))->allow_extras();
        if (all.empty()) own->fallthrough();
        RunCommand run = command.declare(all.empty() ? app : *own);
        all.push_back({&command, own, std::move(run)});
    }
    return all;
}

// The options and commands that an app knows, for suggestions.
Strings known_words(const CLI::App& app) {
    Strings words;
    for (const CLI::Option* option : app.get_options())
        if (!option->get_lnames().empty()) words.push_back("--" + option->get_lnames().front());
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
        words.push_back(command->get_name());
    return words;
}

// The innermost command that was given.
const CLI::App& innermost(const CLI::App& app) {
    const auto given = app.get_subcommands();
    return given.empty() ? app : innermost(*given.front());
}

std::string see_help(const CLI::App& app) {
    const auto given = app.get_subcommands();
    return "see 'cowcheck " + (given.empty() ? "" : given.front()->get_name() + " ") + "--help'";
}

[[noreturn]] void reject_extra(const CLI::App& app, const CLI::App& first,
                               const std::string& word) {
    const CLI::App& command = innermost(app);
    const bool is_option = word.size() > 1 && word.front() == '-';
    const bool has_name = &command != &app;  // the program is called as the shell called it
    std::string message =
        std::string("there is no ") + (is_option ? "option" : "command") + " '" + word + "'";
    if (!is_option && has_name)
        message = "'" + command.get_name() + "' does not expect '" + word + "'";
    else if (has_name)
        message += " of '" + command.get_name() + "'";
    const Strings words = known_words(&command == &first ? app : command);
    const std::string hint = did_you_mean(word, {words.begin(), words.end()});
    throw BadInput(message + "; " + (hint.empty() ? see_help(app) : hint));
}

std::string text_of(const CLI::App& app, const CLI::ParseError& error) {
    if (const auto* mismatch = dynamic_cast<const CLI::ArgumentMismatch*>(&error)) {
        const std::string what = mismatch->what();
        return what.substr(0, what.find(':')) + " needs a value; " + see_help(app);
    }
    return error.what();
}

// Options of the first command may stand before its name, or without it, but not before another.
void reject_options_of_first(const CLI::App& app, const CLI::App& first, const CLI::App& command) {
    for (const CLI::Option* option : app.get_options())
        if (option->count() > 0)
            throw BadInput("--" + option->get_lnames().front() + " is an option of '" +
                           first.get_name() + "', not of '" + command.get_name() + "'");
}

RunCommand print_it(std::string text) {
    return [text = std::move(text)] {
        print(text);
        return ExitStatus::no_violation;
    };
}

const Declared* given_of(const std::vector<Declared>& all) {
    for (const Declared& one : all)
        if (one.app->parsed()) return &one;
    return nullptr;
}

}  // namespace

RunCommand parse_command_line(int argc, const char* const* argv) {
    CLI::App app;
    // What was typed outlives the app: each command's run holds it.
    std::vector<Declared> all = declare_all(app);
    const CLI::App& first = *all.front().app;
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        const Declared* given = given_of(all);
        return print_it(given == nullptr ? main_help() : std::string(given->command->help));
    } catch (const CLI::CallForVersion&) {
        return print_it("cowcheck " + std::string(version) + "\n");
    } catch (const CLI::ParseError& error) {
        throw BadInput(text_of(app, error));
    }
    if (const auto extra = app.remaining(true); !extra.empty())
        reject_extra(app, first, extra.front());
    const auto given = app.get_subcommands();
    if (given.size() > 1)
        throw BadInput("'" + given[0]->get_name() + "' and '" + given[1]->get_name() +
                       "': expected one command");
    if (given.empty()) return all.front().run;
    if (given.front() != &first) reject_options_of_first(app, first, *given.front());
    return given_of(all)->run;
}

}  // namespace cowcheck
