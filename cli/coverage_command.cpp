#include "cli/coverage_command.h"

#include "cli/budget.h"
#include "cli/check_run.h"
#include "cli/coverage_report.h"
#include "cli/in_order.h"
#include "cli/limits.h"
#include "cli/load.h"
#include "cli/numbers.h"
#include "cli/output.h"
#include "cli/terminal.h"

#include <algorithm>
#include <set>

#include <unistd.h>

namespace cowcheck {

namespace {

using Clock = std::chrono::steady_clock;

class Coverage {
public:
    explicit Coverage(CoverageOptions options);
    int run();

private:
    [[nodiscard]] unsigned depth_in(const std::string& world) const;
    void cover(const std::vector<DesignText>& designs);
    void explore(CheckRun& run);
    void note_clauses(const Program& program, const ProgramCoverage& run);
    void conclude(const DesignText& design, TextCoverage text);
    void explain(const SourceFile& file, const ast::Design& tree, bool own);
    void print_report() const;

    CoverageOptions options_;
    Library library_;
    Selection selection_;
    CoverageReport report_;
    // Of the design at hand: how often each clause asked for something.
    std::map<StatementKey, std::pair<std::string, std::uint64_t>> asked_;
    std::map<StatementKey, SourceSpan> clause_spans_;
    Clock::time_point begin_ = Clock::now();
    Budget budget_;
    StatusLine status_;
};

Coverage::Coverage(CoverageOptions options)
    : options_(std::move(options)), library_(load_library()), budget_(options_) {
    CheckOptions wanted;
    wanted.designs = options_.designs;
    wanted.worlds = options_.worlds.empty() ? library_.world_names() : options_.worlds;
    selection_ = select(library_, wanted);
}

void Coverage::explore(CheckRun& run) {
    while (budget_.reason() == StopReason::none && run.can_deepen()) {
        if (is_terminal(STDERR_FILENO))
            status_.show(run.design().name() + " in " + run.world().name + ": " +
                         count_text(run.states()) + " states");
        (void)budget_.deepen(run);
    }
}

void Coverage::note_clauses(const Program& program, const ProgramCoverage& run) {
    for (std::size_t i = 0; i < program.clauses.size(); ++i) {
        const ClauseCode& clause = program.clauses[i];
        auto& asked = asked_[key_of(clause.span)];
        asked.first = program.properties[clause.property].name;
        asked.second += run.clauses[i];
        clause_spans_[key_of(clause.span)] = clause.span;
    }
}

// Steps show earlier than violations.
unsigned Coverage::depth_in(const std::string& world) const {
    return options_.depth.value_or(std::max(6U, find_world(library_, world).depth) - 2);
}

// Each design in all worlds.
void Coverage::cover(const std::vector<DesignText>& designs) {
    struct Piece {
        Program program;
        ProgramCoverage ran;
    };
    const std::size_t worlds = selection_.worlds.size();
    std::vector<Piece> pieces(designs.size() * worlds);
    const PropertySet properties = selected_properties(library_, selection_);
    const Shares shares = shares_of(options_.threads, pieces.size());
    const auto work = [&](std::size_t i) {
        const std::string& world = selection_.worlds[i % worlds];
        CheckOptions bounds;
        bounds.depth = depth_in(world);
        bounds.concurrency = options_.concurrency;
        bounds.reduction = options_.reduction;
        bounds.trusts_counts = false;       // it leaves out what the text asks
        bounds.merging = false;             // it runs one text for another that does the same
        bounds.leaves_out_decided = false;  // clauses are counted to the end
        CheckRun run(designs[i / worlds], properties, true, find_world(library_, world), bounds,
                     &budget_.usage());
        run.begin(shares.threads_each);
        explore(run);
        pieces[i] = {run.explored(), measure_coverage(*run.explorer())};
    };
    TextCoverage text;
    const auto conclude_piece = [&](std::size_t i) {
        const DesignText& design = designs[i / worlds];
        if (i % worlds == 0) {
            text = text_in_force(design);
            asked_.clear();
        }
        add_run(pieces[i].program, pieces[i].ran, text);
        note_clauses(pieces[i].program, pieces[i].ran);
        pieces[i] = {};
        if (i % worlds + 1 == worlds) conclude(design, std::move(text));
    };
    in_order(pieces.size(), pieces.size(), shares.at_a_time, work, conclude_piece);
}

void Coverage::conclude(const DesignText& design, TextCoverage text) {
    DesignCoverage about;
    about.design = design.name();
    for (const auto& [key, asked] : asked_) {
        if (asked.second > 0) continue;
        const std::string& property = asked.first;
        const bool whole = std::none_of(asked_.begin(), asked_.end(), [&](const auto& other) {
            return other.second.first == property && other.second.second > 0;
        });
        about.silent.push_back({property, clause_spans_.at(key), whole});
    }
    for (const auto& [key, statement] : text) {
        StatementCoverage& all = report_.text[key];
        if (all.span.file == nullptr) {
            all = statement;
            continue;
        }
        all.compiled = all.compiled || statement.compiled;
        all.times += statement.times;
        all.guard = all.guard || statement.guard;
        all.when_true += statement.when_true;
        all.when_false += statement.when_false;
    }
    finish(text);
    std::set<std::string> own;
    for (const SourceFile* file : design.chain.front()->files()) own.insert(file->name);
    // Handlers that nothing calls any more are what a change of handlers leaves behind.
    std::set<std::string> in_use;
    for (const auto& [key, statement] : text)
        if (statement.compiled) in_use.insert(statement.handler);
    std::erase_if(text, [&](const auto& entry) {
        const StatementCoverage& statement = entry.second;
        return !statement.incomplete() || own.contains(std::get<0>(entry.first)) ||
               !in_use.contains(statement.handler);
    });
    about.inherited = std::move(text);
    report_.designs.push_back(std::move(about));
}

// What its comments say of a file, once all designs have run.
void Coverage::explain(const SourceFile& file, const ast::Design& tree, bool own) {
    for (const Unreachable& one : find_unreachable(file, tree)) {
        bool of_use = false;
        bool in_force = false;
        for (const SourceSpan& span : one.statements) {
            const auto found = report_.text.find(key_of(span));
            if (found == report_.text.end()) continue;
            in_force = true;
            if (!found->second.incomplete()) continue;
            found->second.explained = one.reason;
            of_use = true;
        }
        if (own && in_force && !of_use) report_.stale.push_back({file.name, one.line});
        for (DesignCoverage& about : report_.designs)
            for (const SourceSpan& span : one.statements) about.inherited.erase(key_of(span));
    }
}

void Coverage::print_report() const {
    using Format = CoverageOptions::Format;
    if (options_.format == Format::json) return print(coverage_json(report_));
    if (options_.format == Format::lcov) return print(coverage_lcov(report_));
    print(coverage_text(report_));
}

int Coverage::run() {
    std::vector<DesignText> designs;
    for (const std::string& name : selection_.designs)
        designs.push_back(find_design(library_, name));
    for (const DesignText& design : designs)  // complaints first
        for (const auto& one : design.chain)
            for (const SourceFile* file : one->files()) (void)find_unreachable(*file, one->tree);
    {
        const InterruptGuard guard(budget_.stop());
        cover(designs);
    }
    finish(report_.text);
    for (const DesignText& design : designs) {
        for (const SourceFile* file : design.chain.front()->files())
            report_.files[design.name()].push_back(file->name);
        for (const auto& one : design.chain) {
            const bool hardware = one == design.chain.back();
            const bool users = selection_.design_files.contains(one->tree.name);
            for (const SourceFile* file : one->files())
                report_.paths[file->name] = (users      ? ""
                                             : hardware ? "model/"
                                                        : "model/designs/") +
                                            file->name;
        }
    }
    for (const DesignText& design : designs)
        for (const auto& one : design.chain)
            for (const SourceFile* file : one->files())
                explain(*file, one->tree, one == design.chain.front());
    std::string worlds;
    for (const std::string& world : selection_.worlds)
        worlds += (worlds.empty() ? "" : ", ") + world + " " + std::to_string(depth_in(world));
    report_.bounds =
        "operations started: " + worlds + "; in flight at once: " +
        (options_.concurrency == 0 ? "any number" : std::to_string(options_.concurrency));
    report_.stop_text = budget_.text();
    report_.seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    { const auto cleared = status_.pause(); }
    print_report();
    return report_.exit_status();
}

}  // namespace

int coverage(CoverageOptions options) {
    options.max_memory = std::min(options.max_memory, default_memory_limit());
    return Coverage(std::move(options)).run();
}

}  // namespace cowcheck
