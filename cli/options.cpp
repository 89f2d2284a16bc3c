#include "cli/options.h"

#include "cli/bad_input.h"
#include "cli/help_text.h"
#include "cli/numbers.h"
#include "model/language/source.h"

#include "cowcheck_version.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <initializer_list>
#include <thread>
#include <utility>

namespace cowcheck {

namespace {

using Strings = std::vector<std::string>;

// Everything as it was typed; one value for each time an option was given.
struct Raw {
    Strings depth, concurrency, threads, max_states, max_memory, max_time, traces, format;
    Strings designs, worlds, properties;
    bool no_reduction = false;
    bool no_symmetry = false;
    bool step = false;
    Strings show, trace, view, replay_output, replay_designs, replay_worlds, replay_properties;
    Strings language, export_depth, export_concurrency, export_output;
    Strings export_designs, export_worlds, export_properties;
    // gate and coverage: their own, since check's may stand before its name
    Strings gated, against, gate_worlds, gate_depth, gate_concurrency, gate_threads, gate_format;
    Strings gate_states, gate_memory, gate_time, gate_traces, waived, because;
    bool update = false;
    bool no_joining = false;
    Strings check_solver_timeout;
    Strings prove_designs, solver_timeout, smt2, prove_format;
    Strings selftest_designs, selftest_format;
    Strings history_format, history_threads;
    std::vector<Strings> why;
};

CLI::Option* add(CLI::App& app, const std::string& name, Strings& values) {
    return app.add_option(name, values)->allow_extra_args(false);
}

void add_check_options(CLI::App& app, Raw& raw) {
    add(app, "--depth", raw.depth);
    add(app, "--concurrency", raw.concurrency);
    add(app, "--design", raw.designs);
    add(app, "--world", raw.worlds);
    add(app, "--property", raw.properties);
    add(app, "--threads", raw.threads);
    add(app, "--max-states", raw.max_states);
    add(app, "--max-memory", raw.max_memory);
    add(app, "--max-time", raw.max_time);
    add(app, "--solver-timeout", raw.check_solver_timeout);
    add(app, "--traces", raw.traces);
    add(app, "--format", raw.format);
    app.add_flag("--no-reduction", raw.no_reduction);
    app.add_flag("--no-symmetry", raw.no_symmetry);
}

CLI::App* add_command(CLI::App& app, const std::string& name) {
    return app.add_subcommand(name)->allow_extras();
}

const std::string* single(std::string_view option, const Strings& values) {
    if (values.size() > 1)
        throw BadInput(std::string(option) + " is given " + std::to_string(values.size()) +
                       " times, with '" + values[0] + "' and '" + values[1] + "'");
    return values.empty() ? nullptr : &values.front();
}

template <class Enum>
Enum one_of(std::string_view option, const std::string& text,
            std::initializer_list<std::pair<std::string_view, Enum>> choices) {
    std::string expected;
    for (const auto& [name, value] : choices) {
        if (text == name) return value;
        expected += (expected.empty() ? "" : ", ") + std::string(name);
    }
    throw BadInput(std::string(option) + ": expected one of " + expected + ", got '" + text + "'");
}

void require_words(std::string_view option, const Strings& values) {
    if (std::any_of(values.begin(), values.end(), [](const auto& value) { return value.empty(); }))
        throw BadInput(std::string(option) + ": expected a name or a file, got ''");
}

unsigned parse_threads(const Strings& values) {
    const auto* text = single("--threads", values);
    return text != nullptr ? parse_number("--threads", *text, 1, max_threads)
                           : std::clamp(std::thread::hardware_concurrency(), 1U, max_threads);
}

void read_limits(const Strings& states, const Strings& memory, const Strings& time,
                 StopLimits& options) {
    if (const auto* text = single("--max-states", states))
        options.max_states = parse_count("--max-states", *text);
    if (const auto* text = single("--max-memory", memory)) {
        options.max_memory = parse_bytes("--max-memory", *text);
        constexpr std::uint64_t least = std::uint64_t{32} << 20;
        if (options.max_memory < least)
            throw BadInput("--max-memory: expected at least " + bytes_text(least) + ", got '" +
                           *text + "'");
    }
    if (const auto* text = single("--max-time", time))
        options.max_time = parse_duration("--max-time", *text);
}

unsigned parse_concurrency(const std::string& text) {
    return text == "all" ? 0 : parse_number("--concurrency", text, 1, max_concurrency, "all");
}

// No time at all is a limit as well: the solver answers nothing.
std::chrono::milliseconds parse_solver_timeout(const std::string& text) {
    return text == "0" ? std::chrono::milliseconds(0) : parse_duration("--solver-timeout", text);
}

CheckOptions check_options(const Raw& raw) {
    CheckOptions options;
    if (const auto* text = single("--depth", raw.depth))
        options.depth = parse_number("--depth", *text, 0, max_depth);
    if (const auto* text = single("--concurrency", raw.concurrency))
        options.concurrency = parse_concurrency(*text);
    options.threads = parse_threads(raw.threads);
    read_limits(raw.max_states, raw.max_memory, raw.max_time, options);
    if (const auto* text = single("--solver-timeout", raw.check_solver_timeout))
        options.solver_timeout = parse_solver_timeout(*text);
    if (const auto* text = single("--traces", raw.traces)) {
        require_words("--traces", raw.traces);
        options.traces = *text;
    }
    using Format = CheckOptions::Format;
    if (const auto* text = single("--format", raw.format))
        options.format =
            one_of<Format>("--format", *text, {{"text", Format::text}, {"json", Format::json}});
    require_words("--design", raw.designs);
    require_words("--world", raw.worlds);
    require_words("--property", raw.properties);
    options.designs = raw.designs;
    options.worlds = raw.worlds;
    options.properties = raw.properties;
    options.reduction = !raw.no_reduction;
    options.symmetry = !raw.no_symmetry;
    return options;
}

ReplayOptions replay_options(const Raw& raw, const std::string& command) {
    ReplayOptions options;
    const auto* trace = single("TRACE", raw.trace);
    if (trace == nullptr || trace->empty())
        throw BadInput(command + ": expected the file of a trace: cowcheck " + command + " TRACE");
    options.trace = *trace;
    using View = ReplayOptions::View;
    if (const auto* text = single("--format", raw.view))
        options.view = one_of<View>("--format", *text,
                                    {{"text", View::text},
                                     {"columns", View::columns},
                                     {"markdown", View::markdown},
                                     {"mermaid", View::mermaid},
                                     {"itf", View::itf},
                                     {"json", View::json}});
    require_words("--output", raw.replay_output);
    if (const auto* file = single("--output", raw.replay_output)) options.output = *file;
    options.step = raw.step;
    if (raw.step && !raw.view.empty())
        throw BadInput("--step shows the trace by commands; --format tells it at once: choose one");
    if (raw.step && !options.output.empty())
        throw BadInput("--step talks to stdout; --output is for a --format");
    require_words("--design", raw.replay_designs);
    require_words("--world", raw.replay_worlds);
    require_words("--property", raw.replay_properties);
    options.designs = raw.replay_designs;
    options.worlds = raw.replay_worlds;
    options.properties = raw.replay_properties;
    return options;
}

ExportCommandOptions export_options(const Raw& raw) {
    ExportCommandOptions options;
    const auto* language = single("--to", raw.language);
    if (language == nullptr || *language != "promela")
        throw BadInput("export: expected --to promela" +
                       (language == nullptr ? std::string() : ", got '" + *language + "'"));
    require_words("--design", raw.export_designs);
    require_words("--world", raw.export_worlds);
    require_words("--property", raw.export_properties);
    require_words("--output", raw.export_output);
    const auto* design = single("--design", raw.export_designs);
    if (design == nullptr) throw BadInput("export: expected a design: --design NAME|FILE");
    options.design = *design;
    if (const auto* world = single("--world", raw.export_worlds)) options.world = *world;
    options.properties = raw.export_properties;
    if (const auto* text = single("--depth", raw.export_depth))
        options.depth = parse_number("--depth", *text, 1, max_depth);
    if (const auto* text = single("--concurrency", raw.export_concurrency))
        options.concurrency = parse_concurrency(*text);
    if (const auto* file = single("--output", raw.export_output)) options.output = *file;
    return options;
}

// What gate and coverage have in common.
template <class Options>
void read_bounds(const Raw& raw, Options& options) {
    if (const auto* text = single("--depth", raw.gate_depth))
        options.depth = parse_number("--depth", *text, 0, max_depth);
    if (const auto* text = single("--concurrency", raw.gate_concurrency))
        options.concurrency = parse_concurrency(*text);
    options.threads = parse_threads(raw.gate_threads);
    read_limits(raw.gate_states, raw.gate_memory, raw.gate_time, options);
    require_words("--world", raw.gate_worlds);
    options.worlds = raw.gate_worlds;
}

std::vector<Waiver> read_waivers(const Raw& raw) {
    if (raw.waived.size() != raw.because.size())
        throw BadInput("gate: every --waive PROPERTY needs a reason, --because \"...\"; got " +
                       std::to_string(raw.waived.size()) + " and " +
                       std::to_string(raw.because.size()));
    std::vector<Waiver> waivers;
    for (std::size_t i = 0; i < raw.waived.size(); ++i) {
        if (raw.because[i].empty())
            throw BadInput("--because: expected why " + raw.waived[i] + " may get worse, got ''");
        waivers.push_back({raw.waived[i], raw.because[i]});
    }
    return waivers;
}

GateOptions gate_options(const Raw& raw) {
    GateOptions options;
    const auto* design = single("DESIGN", raw.gated);
    if (design == nullptr || design->empty())
        throw BadInput("gate: expected a design: cowcheck gate DESIGN [--against BASE]");
    options.design = *design;
    require_words("--against", raw.against);
    if (const auto* base = single("--against", raw.against)) options.against = *base;
    read_bounds(raw, options);
    options.waivers = read_waivers(raw);
    options.update = raw.update;
    require_words("--traces", raw.gate_traces);
    if (const auto* folder = single("--traces", raw.gate_traces)) options.traces = *folder;
    using Format = GateOptions::Format;
    if (const auto* text = single("--format", raw.gate_format))
        options.format = one_of<Format>("--format", *text,
                                        {{"text", Format::text},
                                         {"json", Format::json},
                                         {"markdown", Format::markdown},
                                         {"junit", Format::junit},
                                         {"ktap", Format::ktap},
                                         {"sarif", Format::sarif}});
    return options;
}

CoverageOptions coverage_options(const Raw& raw) {
    CoverageOptions options;
    require_words("DESIGN", raw.gated);
    options.designs = raw.gated;
    read_bounds(raw, options);
    options.reduction = !raw.no_joining;
    using Format = CoverageOptions::Format;
    if (const auto* text = single("--format", raw.gate_format))
        options.format = one_of<Format>(
            "--format", *text,
            {{"text", Format::text}, {"json", Format::json}, {"lcov", Format::lcov}});
    return options;
}

ProveCommandOptions prove_options(const Raw& raw) {
    ProveCommandOptions options;
    if (raw.prove_designs.empty())
        throw BadInput("prove: expected a design: cowcheck prove NAME|FILE...");
    require_words("prove", raw.prove_designs);
    require_words("--smt2", raw.smt2);
    options.designs = raw.prove_designs;
    if (const auto* text = single("--solver-timeout", raw.solver_timeout))
        options.timeout = parse_solver_timeout(*text);
    if (const auto* file = single("--smt2", raw.smt2)) options.smt2 = *file;
    using Format = ProveCommandOptions::Format;
    if (const auto* text = single("--format", raw.prove_format))
        options.format =
            one_of<Format>("--format", *text, {{"text", Format::text}, {"json", Format::json}});
    return options;
}

SelftestOptions selftest_options(const Raw& raw) {
    SelftestOptions options;
    require_words("--design", raw.selftest_designs);
    options.designs = raw.selftest_designs;
    using Format = SelftestOptions::Format;
    if (const auto* text = single("--format", raw.selftest_format))
        options.format =
            one_of<Format>("--format", *text, {{"ktap", Format::ktap}, {"json", Format::json}});
    return options;
}

HistoryOptions history_options(const Raw& raw) {
    HistoryOptions options;
    using Format = HistoryOptions::Format;
    if (const auto* text = single("--format", raw.history_format))
        options.format = one_of<Format>("--format", *text,
                                        {{"text", Format::text}, {"markdown", Format::markdown}});
    options.threads = parse_threads(raw.history_threads);
    if (raw.why.empty()) return options;
    if (raw.why.size() > 1)
        throw BadInput("--why is given " + std::to_string(raw.why.size()) + " times");
    require_words("--why", raw.why.front());
    options.design = raw.why.front()[0];
    options.property = raw.why.front()[1];
    if (!raw.history_format.empty()) throw BadInput("--why is told as text; it has no --format");
    return options;
}

struct Commands {
    CLI::App* check = nullptr;
    CLI::App* gate = nullptr;
    CLI::App* coverage = nullptr;
    std::vector<std::pair<ListOptions::What, CLI::App*>> lists;
    CLI::App* replay = nullptr;
    CLI::App* explain = nullptr;
    CLI::App* export_ = nullptr;
    CLI::App* prove = nullptr;
    CLI::App* selftest = nullptr;
    CLI::App* history = nullptr;
};

void add_bounds(CLI::App& command, Raw& raw) {
    add(command, "--world", raw.gate_worlds);
    add(command, "--depth", raw.gate_depth);
    add(command, "--concurrency", raw.gate_concurrency);
    add(command, "--threads", raw.gate_threads);
    add(command, "--max-states", raw.gate_states);
    add(command, "--max-memory", raw.gate_memory);
    add(command, "--max-time", raw.gate_time);
    add(command, "--format", raw.gate_format);
}

void declare_gates(CLI::App& app, Raw& raw, Commands& commands) {
    commands.gate = add_command(app, "gate");
    add(*commands.gate, "DESIGN", raw.gated);
    add(*commands.gate, "--against", raw.against);
    add_bounds(*commands.gate, raw);
    add(*commands.gate, "--traces", raw.gate_traces);
    add(*commands.gate, "--waive", raw.waived);
    add(*commands.gate, "--because", raw.because);
    commands.gate->add_flag("--update", raw.update);
    commands.coverage = add_command(app, "coverage");
    commands.coverage->add_option("DESIGN", raw.gated);
    add_bounds(*commands.coverage, raw);
    commands.coverage->add_flag("--no-reduction", raw.no_joining);
}

Commands declare(CLI::App& app, Raw& raw) {
    Commands commands;
    app.set_help_flag("-h,--help");
    app.set_version_flag("--version", std::string(version));
    app.allow_extras();
    add_check_options(app, raw);
    commands.check = add_command(app, "check")->fallthrough();
    using What = ListOptions::What;
    for (const auto& [what, name] : {std::pair{What::designs, "designs"},
                                     {What::worlds, "worlds"},
                                     {What::properties, "properties"}}) {
        CLI::App* list = add_command(app, name);
        add(*add_command(*list, "show"), "NAME", raw.show);
        commands.lists.emplace_back(what, list);
    }
    commands.replay = add_command(app, "replay");
    add(*commands.replay, "--format", raw.view);
    commands.replay->add_flag("--step", raw.step);
    commands.explain = add_command(app, "explain");
    for (CLI::App* command : {commands.replay, commands.explain}) {
        add(*command, "TRACE", raw.trace);
        add(*command, "--output", raw.replay_output);
        add(*command, "--design", raw.replay_designs);
        add(*command, "--world", raw.replay_worlds);
        add(*command, "--property", raw.replay_properties);
    }
    commands.export_ = add_command(app, "export");
    add(*commands.export_, "--to", raw.language);
    add(*commands.export_, "--design", raw.export_designs);
    add(*commands.export_, "--world", raw.export_worlds);
    add(*commands.export_, "--property", raw.export_properties);
    add(*commands.export_, "--depth", raw.export_depth);
    add(*commands.export_, "--concurrency", raw.export_concurrency);
    add(*commands.export_, "--output", raw.export_output);
    declare_gates(app, raw, commands);
    commands.prove = add_command(app, "prove");
    commands.prove->add_option("DESIGN", raw.prove_designs);
    add(*commands.prove, "--solver-timeout", raw.solver_timeout);
    add(*commands.prove, "--smt2", raw.smt2);
    add(*commands.prove, "--format", raw.prove_format);
    commands.selftest = add_command(app, "selftest");
    add(*commands.selftest, "--design", raw.selftest_designs);
    add(*commands.selftest, "--format", raw.selftest_format);
    commands.history = add_command(app, "history");
    add(*commands.history, "--format", raw.history_format);
    add(*commands.history, "--threads", raw.history_threads);
    commands.history->add_option("--why", raw.why)->type_size(2);
    return commands;
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

[[noreturn]] void reject_extra(const CLI::App& app, const std::string& word) {
    const CLI::App& command = innermost(app);
    const bool is_option = word.size() > 1 && word.front() == '-';
    const bool has_name = !command.get_name().empty();
    std::string message =
        std::string("there is no ") + (is_option ? "option" : "command") + " '" + word + "'";
    if (!is_option && has_name)
        message = "'" + command.get_name() + "' does not expect '" + word + "'";
    else if (has_name)
        message += " of '" + command.get_name() + "'";
    Strings words = known_words(command);
    if (command.get_name() == "check") words = known_words(app);
    const std::string hint = did_you_mean(word, {words.begin(), words.end()});
    throw BadInput(message + (hint.empty() ? "; see 'cowcheck --help'" : "; " + hint));
}

std::string text_of(const CLI::ParseError& error) {
    if (const auto* mismatch = dynamic_cast<const CLI::ArgumentMismatch*>(&error)) {
        const std::string what = mismatch->what();
        return what.substr(0, what.find(':')) + " needs a value; see 'cowcheck --help'";
    }
    return error.what();
}

// check's options may stand before its name, or without it, but not before another.
void reject_check_options(const CLI::App& app, const CLI::App& command) {
    for (const CLI::Option* option : app.get_options())
        if (option->count() > 0)
            throw BadInput("--" + option->get_lnames().front() +
                           " is an option of 'check', not of '" + command.get_name() + "'");
}

}  // namespace

Options parse_options(int argc, const char* const* argv) {
    CLI::App app;
    Raw raw;
    const Commands commands = declare(app, raw);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return ShowText{std::string(help_text)};
    } catch (const CLI::CallForVersion&) {
        return ShowText{"cowcheck " + std::string(version) + "\n"};
    } catch (const CLI::ParseError& error) {
        throw BadInput(text_of(error));
    }
    if (const auto extra = app.remaining(true); !extra.empty()) reject_extra(app, extra.front());
    const auto given = app.get_subcommands();
    if (given.size() > 1)
        throw BadInput("'" + given[0]->get_name() + "' and '" + given[1]->get_name() +
                       "': expected one command");
    if (!given.empty() && given.front() != commands.check)
        reject_check_options(app, *given.front());
    for (const auto& [what, list] : commands.lists)
        if (list->parsed()) {
            ListOptions options{what, std::nullopt};
            if (list->got_subcommand("show")) {
                const auto* name = single("show", raw.show);
                if (name == nullptr)
                    throw BadInput(list->get_name() + " show: expected a name; 'cowcheck " +
                                   list->get_name() + "' lists them");
                options.show = *name;
            }
            return options;
        }
    if (commands.replay->parsed()) return replay_options(raw, "replay");
    if (commands.explain->parsed()) return ExplainOptions{replay_options(raw, "explain")};
    if (commands.export_->parsed()) return export_options(raw);
    if (commands.gate->parsed()) return gate_options(raw);
    if (commands.coverage->parsed()) return coverage_options(raw);
    if (commands.prove->parsed()) return prove_options(raw);
    if (commands.selftest->parsed()) return selftest_options(raw);
    if (commands.history->parsed()) return history_options(raw);
    return check_options(raw);
}

}  // namespace cowcheck
