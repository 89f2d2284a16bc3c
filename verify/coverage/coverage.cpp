#include "verify/coverage/coverage.h"

#include "verify/coverage/unreachable.h"
#include "verify/run/budget.h"
#include "verify/run/clock.h"
#include "verify/run/in_order.h"
#include "verify/run/limits.h"

#include <algorithm>
#include <set>

namespace cowcheck {

namespace {

class Coverage {
public:
    Coverage(const Library& library, const CoverageRequest& request, Observer& observer)
        : library_(library), request_(request), observer_(observer), budget_(request.limits) {}
    [[nodiscard]] CoverageReport run();

private:
    [[nodiscard]] unsigned depth_in(const World& world) const;
    void refuse_pairs() const;
    void cover();
    void explore(CheckRun& run);
    void note_clauses(const Program& program, const ProgramCoverage& run);
    void conclude(const DesignText& design, TextCoverage text);
    void explain(const SourceFile& file, const ast::Design& tree, bool own);

    const Library& library_;
    const CoverageRequest& request_;
    Observer& observer_;
    CoverageReport report_;
    // Of the design at hand: how often each clause asked for something.
    std::map<StatementKey, std::pair<std::string, std::uint64_t>> asked_;
    std::map<StatementKey, SourceSpan> clause_spans_;
    Clock::time_point begin_ = Clock::now();
    Budget budget_;
};

void Coverage::explore(CheckRun& run) {
    while (budget_.reason() == StopReason::none && run.can_deepen()) {
        observer_.exploring(run);
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
unsigned Coverage::depth_in(const World& world) const {
    return request_.depth.value_or(std::max(6U, world.depth) - 2);
}

// Whoever names a design and a world means just this pair.
void Coverage::refuse_pairs() const {
    if (!request_.means_pairs) return;
    for (const DesignText& design : request_.selection.designs)
        for (const World& world : request_.selection.worlds)
            if (left_out(design, world)) refuse(library_, design, world);
}

// Each design in all worlds.
void Coverage::cover() {
    struct Piece {
        Program program;
        ProgramCoverage ran;
        std::optional<LeftOut> left_out;  // then there is nothing else
    };
    const std::vector<DesignText>& designs = request_.selection.designs;
    const std::size_t worlds = request_.selection.worlds.size();
    std::vector<Piece> pieces(designs.size() * worlds);
    const Shares shares = shares_of(request_.threads, pieces.size());
    Policy policy;
    policy.joining = request_.joining;
    policy.trusts_counts = false;       // it leaves out what the text asks
    policy.merging = false;             // it runs one text for another that does the same
    policy.leaves_out_decided = false;  // clauses are counted to the end
    const auto work = [&](std::size_t i) {
        const World& world = request_.selection.worlds[i % worlds];
        pieces[i].left_out = left_out(designs[i / worlds], world);
        if (pieces[i].left_out) return;
        CheckRun run(designs[i / worlds], request_.selection.properties, true, world,
                     {{depth_in(world), request_.concurrency}, policy}, &budget_.usage());
        run.begin(shares.threads_each);
        explore(run);
        pieces[i] = {run.explored(), measure_coverage(*run.explorer()), {}};
    };
    TextCoverage text;
    const auto conclude_piece = [&](std::size_t i) {
        const DesignText& design = designs[i / worlds];
        if (i % worlds == 0) {
            text = text_in_force(design);
            asked_.clear();
        }
        if (pieces[i].left_out) {
            report_.left_out.push_back(std::move(*pieces[i].left_out));
        } else {
            add_run(pieces[i].program, pieces[i].ran, text);
            note_clauses(pieces[i].program, pieces[i].ran);
        }
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

CoverageReport Coverage::run() {
    const std::vector<DesignText>& designs = request_.selection.designs;
    for (const DesignText& design : designs)  // complaints first
        for (const auto& one : design.chain)
            for (const SourceFile* file : one->files()) (void)find_unreachable(*file, one->tree);
    refuse_pairs();
    {
        const InterruptGuard guard(budget_.stop());
        cover();
    }
    finish(report_.text);
    for (const DesignText& design : designs) {
        for (const SourceFile* file : design.chain.front()->files())
            report_.files[design.name()].push_back(file->name);
        for (const auto& one : design.chain) {
            const bool hardware = one == design.chain.back();
            const bool users = request_.selection.design_files.contains(one->tree.name);
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
    for (const World& world : request_.selection.worlds)
        worlds += (worlds.empty() ? "" : ", ") + world.name + " " + std::to_string(depth_in(world));
    report_.bounds =
        "operations started: " + worlds + "; in flight at once: " +
        (request_.concurrency == 0 ? "any number" : std::to_string(request_.concurrency));
    report_.stop_text = budget_.text();
    report_.seconds = seconds_since(begin_);
    return std::move(report_);
}

}  // namespace

CoverageReport coverage(const Library& library, const CoverageRequest& request,
                        Observer& observer) {
    return Coverage(library, request, observer).run();
}

}  // namespace cowcheck
