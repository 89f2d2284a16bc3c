#include "verify/program/program.h"

#include "model/builtin_files.h"
#include "model/language/parse.h"
#include "model/world_text.h"
#include "traces/record.h"
#include "traces/replay.h"
#include "verify/program/conditions.h"
#include "verify/run/bad_input.h"
#include "verify/run/numbers.h"
#include "verify/run/read_text.h"
#include "verify/run/status.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace cowcheck {

namespace {

constexpr std::string_view folder = "programs";

[[noreturn]] void complain(const std::string& what, const Diagnostics& out) {
    throw BadInput(what + " has " + plural(out.size(), "error") + "\n" + to_text(out));
}

const BuiltinFile* find_builtin(std::string_view name) {
    for (const BuiltinFile& file : builtin_files())
        if (file.folder == folder && file.name == name) return &file;
    return nullptr;
}

// A world's file is looked for beside the program that names it.
std::string beside(const std::string& program, const std::string& world) {
    const std::filesystem::path path(world);
    if (program.empty() || path.is_absolute()) return world;
    return (std::filesystem::path(program).parent_path() / path).string();
}

void load_world(const Library& library, LoadedProgram& program) {
    const std::string& name = program.text.world;
    Diagnostics out;
    if (const std::string* known = library.world_text(name)) {
        program.world_file = std::make_unique<SourceFile>(SourceFile{name + ".world", *known});
    } else if (name.find('/') != std::string::npos || name.ends_with(".world")) {
        const std::string path = beside(program.path, name);
        program.world_file =
            std::make_unique<SourceFile>(SourceFile{path, read_text(path, "a world")});
    } else {
        std::vector<std::string> names = library.world_names();
        out.push_back({program.text.start_span, "there is no world '" + name + "'",
                       did_you_mean(name, {names.begin(), names.end()})});
        complain("program '" + program.text.name + "'", out);
    }
    program.world = parse_world(*program.world_file, out);
    if (!program.world || !out.empty()) complain("world '" + name + "'", out);
}

ProgramText parsed(const SourceFile& file) {
    Diagnostics out;
    auto text = read_program(file, out);
    if (!text || !out.empty()) complain("program '" + file.name + "'", out);
    return std::move(*text);
}

class ProgramRunner {
public:
    explicit ProgramRunner(const ProgramRequest& request)
        : request_(request), loaded_(*request.program), text_(request.program->text) {
        report_.program = &text_;
    }

    ProgramReport run() {
        if (!text_.memories.empty())
            throw BadInput("program '" + text_.name +
                           "' runs with several kinds of memory: 'cowcheck selftest " +
                           (loaded_.path.empty() ? text_.name : loaded_.path) + "'");
        for (const DesignText& design : request_.designs)
            report_.designs.push_back(run_on(design));
        return std::move(report_);
    }

private:
    DesignReport run_on(const DesignText& design) {
        DesignReport report;
        report.design = design.name();
        if (const auto absent = not_applicable(design, text_, loaded_.start()); !absent.empty()) {
            report.skipped = "no such operation in " + design.name() + ": " +
                             to_text(absent.front().item) +
                             (absent.front().why.empty() ? "" : ": " + absent.front().why);
            return report;
        }
        Diagnostics out;
        const auto plan = plan_program(design, text_, loaded_.start(), out);
        if (!plan || !out.empty())
            complain("program '" + text_.name + "' with design '" + design.name() + "'", out);
        const ProgramConditions conditions(text_, *plan, out);
        if (!out.empty()) complain("program '" + text_.name + "'", out);
        report_.names.clear();
        for (const PlannedName& name : plan->seen) report_.names.push_back(name.text());
        const ProgramRun run = run_program(*plan, {request_.max_states, {}, request_.stop});
        report.limited = run.limited;
        report.states = run.states;
        fill(design, *plan, conditions, run, report);
        return report;
    }

    void fill(const DesignText& design, const ProgramPlan& plan,
              const ProgramConditions& conditions, const ProgramRun& run, DesignReport& report) {
        for (std::size_t i = 0; i < run.outcomes.size(); ++i) {
            const ProgramOutcome& outcome = run.outcomes[i];
            // What is claimed is what the schedule does, or nothing is claimed at all.
            const auto again = follow(plan, outcome.schedule);
            if (!again || again->seen != outcome.seen || again->unfinished != outcome.unfinished)
                report.fault = fault(report, "an outcome's schedule does not lead to it");
            report.outcomes.push_back(outcome_of(plan, outcome));
            report.outcomes.back().trace =
                trace(design, plan, outcome.schedule, "outcome" + std::to_string(i + 1),
                      text_of(report.outcomes.back()), report);
        }
        for (const ProgramTrouble& trouble : run.troubles) {
            const bool asserts = trouble.what == ProgramTrouble::What::asserts;
            const auto again = follow(plan, trouble.schedule);
            if (!again || !(asserts ? again->asserts : again->miscounts))
                report.fault = fault(report, "a schedule does not do what it is there for");
            report.troubles.push_back({trouble.what, trouble.operations,
                                       steps_of(trouble.schedule),
                                       story_of(plan.program, trouble.schedule), {}});
            report.troubles.back().trace =
                trace(design, plan, trouble.schedule, asserts ? "assertion" : "counting",
                      asserts ? "an assertion fails" : "a count is wrong", report);
        }
        for (std::size_t c = 0; c < conditions.size(); ++c)
            report.conditions.push_back(judge(conditions, c, run));
    }

    Fault fault(const DesignReport& report, std::string what) const {
        return {report.design, text_.name, "run", std::move(what)};
    }

    // "x = P0, y = fault; 'parent: write' waits"
    [[nodiscard]] std::string text_of(const OutcomeReport& outcome) const {
        std::string text;
        for (std::size_t i = 0; i < outcome.values.size(); ++i)
            text += (text.empty() ? "" : ", ") + report_.names[i] + " = " + outcome.values[i];
        for (const std::string& one : outcome.stuck)
            text += (text.empty() ? "'" : "; '") + one + (outcome.loops ? "' loops" : "' waits");
        return text;
    }

    static OutcomeReport outcome_of(const ProgramPlan& plan, const ProgramOutcome& outcome) {
        OutcomeReport report;
        for (std::size_t i = 0; i < plan.seen.size(); ++i)
            report.values.push_back(seen_text(plan, i, outcome.seen[i]));
        report.loops = outcome.loops;
        report.operations = outcome.operations;
        report.steps = steps_of(outcome.schedule);
        report.story = story_of(plan.program, outcome.schedule);
        for (std::size_t i = 0; i < plan.actions.size(); ++i)
            if ((outcome.unfinished >> i & 1U) != 0)
                ((plan.actions[i].after & outcome.unfinished) == 0 ? report.stuck
                                                                   : report.unreached)
                    .push_back(plan.actions[i].text);
        return report;
    }

    [[nodiscard]] ConditionReport judge(const ProgramConditions& conditions, std::size_t number,
                                        const ProgramRun& run) const {
        using Word = ProgramCondition::Word;
        ConditionReport report;
        for (const ProgramOutcome& outcome : run.outcomes)
            report.outcomes += conditions.is_so(number, outcome.seen) ? 1U : 0U;
        const Word word = text_.conditions[number].word;
        const bool found = word == Word::forall ? report.outcomes < run.outcomes.size()
                                                : report.outcomes > 0;
        if (!found && run.limited) return report;
        report.verdict = found == (word == Word::exists) ? ConditionVerdict::holds
                                                         : ConditionVerdict::fails;
        return report;
    }

    // Writes the trace of a schedule, replayed, if traces are wanted; returns where.
    std::string trace(const DesignText& design, const ProgramPlan& plan,
                      const std::vector<ProgramMove>& schedule, const std::string& what,
                      const std::string& explanation, DesignReport& report) const {
        std::vector<Action> actions;
        for (const ProgramMove& move : schedule)
            if (move.kind == ProgramMove::Kind::step) actions.push_back(move.action);
        const std::string world = to_text(plan.world);
        TraceHeader header = make_header(
            design, plan.program.world, world, {}, outcome_name,
            {static_cast<unsigned>(std::count_if(actions.begin(), actions.end(),
                                                 [](const Action& action) {
                                                     return action.kind != Action::Kind::step;
                                                 })),
             0});
        const std::string name = text_.name + "-" + design.name();
        if (request_.world_path) header.world.path = request_.world_path(text_.name);
        try {
            Trace trace = record(plan.program, std::move(header), actions, {});
            trace.explanation = explanation;
            const ReplayResult again = replay(trace, plan.program);
            if (again.verdict != ReplayVerdict::ok)
                report.fault = fault(report, "a trace does not replay: " + again.message);
            else if (request_.sink)
                return request_.sink(trace, name + "-" + what, world);
        } catch (const std::invalid_argument& error) {
            report.fault = fault(report, error.what());
        }
        return {};
    }

    const ProgramRequest& request_;
    const LoadedProgram& loaded_;
    const ProgramText& text_;
    ProgramReport report_;
};

}  // namespace

std::vector<std::string> program_names() {
    std::vector<std::string> names;
    for (const BuiltinFile& file : builtin_files())
        if (file.folder == folder) names.emplace_back(file.name);
    return names;
}

LoadedProgram load_program(const Library& library, const std::string& name) {
    LoadedProgram program;
    if (const BuiltinFile* known = find_builtin(name)) {
        program.file = std::make_unique<SourceFile>(
            SourceFile{std::string(known->name) + ".program", std::string(known->text)});
    } else if (name.find('/') != std::string::npos || name.ends_with(".program") ||
               std::filesystem::exists(name)) {
        program.path = name;
        program.file = std::make_unique<SourceFile>(SourceFile{name, read_text(name, "a program")});
    } else {
        const auto names = program_names();
        std::string list;
        for (const std::string& one : names) list += (list.empty() ? "" : ", ") + one;
        const std::string hint = did_you_mean(name, {names.begin(), names.end()});
        throw BadInput("there is no program '" + name + "' and no such file" +
                       (hint.empty() ? "" : "; " + hint) + "\nknown: " + list);
    }
    program.text = parsed(*program.file);
    if (!program.text.world.empty()) load_world(library, program);
    return program;
}

std::vector<LoadedProgram> load_selftests() {
    std::vector<LoadedProgram> programs;
    for (const BuiltinFile& file : builtin_files()) {
        if (file.folder != "selftest") continue;
        LoadedProgram program;
        program.file = std::make_unique<SourceFile>(
            SourceFile{std::string(file.name) + ".program", std::string(file.text)});
        program.text = parsed(*program.file);
        programs.push_back(std::move(program));
    }
    return programs;
}

int ProgramReport::exit_status() const {
    bool fails = false;
    bool limited = false;
    bool ran = false;
    for (const DesignReport& design : designs) {
        if (design.fault) return ExitStatus::fault;
        ran = ran || design.skipped.empty();
        limited = limited || design.limited;
        fails = fails || !design.troubles.empty();
        for (const ConditionReport& condition : design.conditions)
            fails = fails || condition.verdict == ConditionVerdict::fails;
    }
    if (!ran) return ExitStatus::bad_input;
    if (fails) return ExitStatus::violation;
    return limited ? ExitStatus::stopped : ExitStatus::no_violation;
}

ProgramReport run(const ProgramRequest& request) { return ProgramRunner(request).run(); }

std::string story_of(const Program& program, const std::vector<ProgramMove>& moves) {
    std::string story;
    for (const ProgramMove& move : moves) {
        if (move.kind != ProgramMove::Kind::step || move.action.kind == Action::Kind::step)
            continue;
        const std::string who = move.action.kind == Action::Kind::device
                                    ? "pin"
                                    : program.world.threads[move.action.thread].name;
        story += (story.empty() ? "" : ", ") + who + " " +
                 to_text(program.operations[move.action.operation].item);
    }
    return story;
}

unsigned steps_of(const std::vector<ProgramMove>& moves) {
    return static_cast<unsigned>(
        std::count_if(moves.begin(), moves.end(), [](const ProgramMove& move) {
            return move.kind == ProgramMove::Kind::step;
        }));
}

}  // namespace cowcheck
