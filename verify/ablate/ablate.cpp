#include "verify/ablate/ablate.h"

#include "model/language/print.h"
#include "traces/digest.h"
#include "verify/gate/place.h"
#include "verify/run/bad_input.h"
#include "verify/run/budget.h"
#include "verify/run/clock.h"
#include "verify/run/in_order.h"
#include "verify/run/left_out.h"
#include "verify/run/limits.h"
#include "verify/run/marks.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace cowcheck {

namespace {

constexpr std::string_view mark_word = "equivalent";
constexpr double seconds_between_stores = 5;

struct Candidate {
    Definition definition;
    ChangeResult result;
    std::string key;
    bool wants_judging = true;
};

class Ablation {
public:
    Ablation(const Library& library, const AblateRequest& request, KnownResults& known,
             AblateObserver& observer, const AblateSinks& sinks)
        : library_(library), request_(request), known_(known), observer_(observer), sinks_(sinks),
          budget_(request.limits) {}

    AblateReport run();

private:
    void find_worlds();
    void find_candidates();
    void take_known();
    void explore_base();
    void judge_all();
    void conclude(Candidate& candidate, Judgement judgement, std::size_t done, std::size_t all);
    void finish(Candidate& candidate);
    void expect_marks() const;
    [[nodiscard]] std::size_t own_texts() const;
    [[nodiscard]] std::string text_of(const ChangeResult& result) const;
    void explain();
    [[nodiscard]] bool is_wanted(const WrongChange& change) const;
    void expect_names(const std::vector<Definition>& definitions) const;
    void expect_lines() const;
    [[nodiscard]] std::string key_of_all() const;
    [[nodiscard]] DesignPlace place_of(const SourceSpan& span, const std::string& what) const;

    const Library& library_;
    const AblateRequest& request_;
    KnownResults& known_;
    AblateObserver& observer_;
    const AblateSinks& sinks_;
    Budget budget_;  // of what the design itself takes
    std::vector<BaseInWorld> worlds_;
    std::vector<Candidate> candidates_;
    AblateReport report_;
    Clock::time_point begin_ = Clock::now();
    Clock::time_point stored_ = begin_;
    Clock::time_point judging_ = begin_;
};

// Those that the design says something about.
void Ablation::find_worlds() {
    for (const World& world : request_.selection.worlds) {
        if (left_out(request_.design, world)) continue;
        BaseInWorld base;
        base.world = world;
        base.options = {{request_.depth.value_or(world.depth), request_.concurrency}, {}};
        Diagnostics out;
        base.reached = reached_in(request_.design, world, out);
        worlds_.push_back(std::move(base));
    }
    if (worlds_.empty())
        refuse(library_, request_.design, request_.selection.worlds.front());
    report_.worlds = worlds_.size();
}

bool is_reached(const std::vector<BaseInWorld>& worlds, const Definition& definition) {
    return std::any_of(worlds.begin(), worlds.end(), [&](const BaseInWorld& base) {
        return reaches(base.reached, definition);
    });
}

void Ablation::expect_names(const std::vector<Definition>& definitions) const {
    std::vector<std::string> names;
    for (const Definition& definition : definitions) names.push_back(definition_name(definition));
    for (const std::string& name : request_.handlers)
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            const std::string hint = did_you_mean(name, {names.begin(), names.end()});
            throw BadInput("design '" + request_.design.name() + "' has no handler '" + name + "'" +
                           (hint.empty() ? "" : "; " + hint));
        }
}

bool Ablation::is_wanted(const WrongChange& change) const {
    const auto is_line = [&](const WantedLine& wanted) {
        return (wanted.name == change.definition && wanted.line == change.line) ||
               (wanted.name == change.span.file->name && wanted.line == change.span.line);
    };
    const auto& handlers = request_.handlers;
    if (handlers.empty() && request_.lines.empty()) return true;
    return std::find(handlers.begin(), handlers.end(), change.definition) != handlers.end() ||
           std::any_of(request_.lines.begin(), request_.lines.end(), is_line);
}

void Ablation::expect_lines() const {
    for (const WantedLine& wanted : request_.lines)
        if (std::none_of(candidates_.begin(), candidates_.end(), [&](const Candidate& one) {
                const WrongChange& change = one.result.change;
                return (wanted.name == change.definition && wanted.line == change.line) ||
                       (wanted.name == change.span.file->name && wanted.line == change.span.line);
            }))
            throw BadInput("--line " + wanted.name + ":" + std::to_string(wanted.line) +
                           ": there is no statement of '" + request_.design.name() +
                           "' to change; the line is one of a handler, whose name stands in line "
                           "1, or one of a file");
}

// "v6.2-do_wp_page-12-2": no other change has the name.
std::string name_for(const std::string& design, const WrongChange& change, unsigned number) {
    std::string definition = change.definition;
    std::replace(definition.begin(), definition.end(), ' ', '_');
    return design + "-" + definition + "-" + std::to_string(change.line) + "-" +
           std::to_string(number);
}

void Ablation::find_candidates() {
    const std::vector<Definition> definitions = definitions_of(request_.design);
    expect_names(definitions);
    const std::string all = key_of_all();
    std::size_t number = 0;
    for (const Definition& definition : definitions) {
        const bool reached = is_reached(worlds_, definition);
        std::map<unsigned, unsigned> in_line;
        for (WrongChange& change : wrong_changes(definition)) {
            const unsigned here = ++in_line[change.line];
            if (!is_wanted(change)) continue;
            if (!reached) ++report_.unreached;
            if (!reached || number++ % request_.shards != request_.shard) continue;
            Candidate candidate{definition, {}, text_digest(all + change.text), true};
            candidate.result.design = name_for(request_.design.name(), change, here);
            candidate.result.place = place_of(change.span, change.what);
            candidate.result.change = std::move(change);
            candidates_.push_back(std::move(candidate));
        }
    }
    expect_lines();
}

// Of everything that the result of a change depends on but for the change itself.
std::string Ablation::key_of_all() const {
    std::string text = request_.tool + "\n" + printed_in_force(request_.design);
    for (const BaseInWorld& base : worlds_) {
        const std::string* world = library_.world_text(base.world.name);
        text += (world == nullptr ? base.world.name : *world) + "\n" +
                std::to_string(base.options.bounds.depth) + "\n";
    }
    for (const auto& file : library_.properties().files) text += file->text;
    for (const ast::Property& property : request_.selection.properties.properties)
        text += property.name + "\n";
    return text_digest(text + std::to_string(request_.concurrency) + " " +
                       std::to_string(request_.budget));
}

DesignPlace Ablation::place_of(const SourceSpan& span, const std::string& what) const {
    DesignPlace place = cowcheck::place_of(span, request_.design, request_.selection);
    place.statement = what;
    return place;
}

void Ablation::take_known() {
    for (Candidate& candidate : candidates_) {
        const Judgement* known = known_.find(candidate.key);
        if (known == nullptr) continue;
        const bool lacks_trace = sinks_.trace && known->fate == Fate::needed &&
                                 known->broken.path.empty() && known->broken.trace.empty();
        if (lacks_trace) continue;
        candidate.result.judgement = *known;
        candidate.result.known = true;
        candidate.wants_judging = false;
    }
}

void Ablation::explore_base() {
    std::vector<BaseInWorld*> wanted;
    for (BaseInWorld& base : worlds_)
        if (std::any_of(candidates_.begin(), candidates_.end(), [&](const Candidate& one) {
                return one.wants_judging && reaches(base.reached, one.definition);
            }))
            wanted.push_back(&base);
    const Shares shares = shares_of(request_.threads, wanted.size());
    const auto work = [&](std::size_t i) {
        BaseInWorld& base = *wanted[i];
        base.run = std::make_unique<CheckRun>(request_.design, request_.selection.properties, true,
                                              base.world, base.options, &budget_.usage());
        base.run->begin(shares.threads_each);
        while (budget_.reason() == StopReason::none && base.run->wants_more())
            (void)budget_.deepen(*base.run);
        base.conclusion = conclusion_of(*base.run);
        base.level_states = base.run->level_states();
        base.states = base.run->states();
        if (base.run->wants_more())
            base.open = "the design itself is not explored: " + budget_.text();
        base.run->release();
    };
    in_order(wanted.size(), wanted.size(), shares.at_a_time, work,
             [&](std::size_t i) { observer_.explored(i + 1, wanted.size()); });
    std::stable_sort(worlds_.begin(), worlds_.end(),
                     [](const BaseInWorld& a, const BaseInWorld& b) { return a.states < b.states; });
}

// Those of the chain that come from files.
std::size_t Ablation::own_texts() const {
    std::size_t own = 0;
    for (const auto& text : request_.design.chain) {
        if (!request_.selection.design_files.contains(text->tree.name)) break;
        ++own;
    }
    return own;
}

std::string Ablation::text_of(const ChangeResult& result) const {
    return design_with(result.change, result.design, request_.design, own_texts());
}

void Ablation::finish(Candidate& candidate) {
    ChangeResult& result = candidate.result;
    if (sinks_.keep && result.judgement.fate != Fate::refused)
        result.kept = sinks_.keep(result.design, text_of(result));
}

void Ablation::conclude(Candidate& candidate, Judgement judgement, std::size_t done,
                        std::size_t all) {
    ChangeResult& result = candidate.result;
    result.judgement = std::move(judgement);
    if (!result.judgement.cut_short && !result.judgement.fault) known_.add(candidate.key, result.judgement);
    finish(candidate);
    const double each = seconds_since(judging_) / static_cast<double>(done);
    observer_.judged(result, done, all, each * static_cast<double>(all - done));
    if (!sinks_.store || seconds_since(stored_) < seconds_between_stores) return;
    sinks_.store(known_);
    stored_ = Clock::now();
}

void Ablation::judge_all() {
    std::vector<Candidate*> open;
    for (Candidate& candidate : candidates_)
        if (candidate.wants_judging)
            open.push_back(&candidate);
        else
            finish(candidate);
    if (open.empty()) return;
    explore_base();
    const DesignCosts costs = costs_of(library_, request_.design);
    const Judge judge(library_, request_.selection, request_.design, worlds_, costs);
    const Shares shares = shares_of(request_.threads, open.size());
    JudgeOptions options;
    options.budget = request_.budget;
    options.max_memory = request_.limits.max_memory;
    options.threads = shares.threads_each;
    options.interrupted = &budget_.stop().requested;
    if (request_.limits.max_time) options.deadline = begin_ + *request_.limits.max_time;
    std::vector<Judgement> judgements(open.size());
    judging_ = Clock::now();
    const auto work = [&](std::size_t i) {
        const ChangeResult& result = open[i]->result;
        const DesignText design =
            extend(request_.design, own_texts(), result.design, text_of(result));
        judgements[i] = judge.judge(design, open[i]->definition, options, sinks_.trace);
    };
    in_order(open.size(), open.size(), shares.at_a_time, work, [&](std::size_t i) {
        conclude(*open[i], std::move(judgements[i]), i + 1, open.size());
    });
}

// A mark speaks of what begins in its line, and there is something.
void Ablation::expect_marks() const {
    const auto begins_at = [](const auto& definitions, const SourceFile* file, unsigned line) {
        return std::any_of(definitions.begin(), definitions.end(), [&](const auto& one) {
            return one.span.file == file && one.span.line == line;
        });
    };
    for (const auto& text : request_.design.chain)
        for (const SourceFile* file : text->files())
            for (const Mark& mark : find_marks(mark_word, *file, text->tree)) {
                const auto& statements = mark.statements;
                if (!begins_at(text->tree.predicates, file, mark.target) &&
                    std::none_of(statements.begin(), statements.end(), [&](const SourceSpan& span) {
                        return span.line == mark.target;
                    }))
                    complain_of_mark(mark_word, *file, mark);
            }
}

// What the text says makes no difference. It speaks of the statement in its line alone.
void Ablation::explain() {
    for (const auto& text : request_.design.chain)
        for (const SourceFile* file : text->files())
            for (const Mark& mark : find_marks(mark_word, *file, text->tree)) {
                bool looked_at = false;
                bool used = false;
                for (Candidate& candidate : candidates_) {
                    const SourceSpan& span = candidate.result.change.span;
                    if (span.file != file || span.line != mark.target) continue;
                    looked_at = true;
                    Judgement& judgement = candidate.result.judgement;
                    if (judgement.fate != Fate::unnoticed) continue;
                    used = true;
                    judgement.fate = Fate::equivalent;
                    judgement.why = mark.reason;
                }
                if (looked_at && !used)
                    report_.idle_marks.push_back(
                        {place_of({file, mark.line, 1, 0}, {}), mark.reason});
            }
}

AblateReport Ablation::run() {
    report_.design = request_.design.name();
    report_.title = request_.design.design().title;
    report_.concurrency = request_.concurrency;
    report_.budget = request_.budget;
    expect_marks();
    find_worlds();
    find_candidates();
    take_known();
    {
        const InterruptGuard guard(budget_.stop());
        judge_all();
    }
    if (sinks_.store) sinks_.store(known_);
    explain();
    for (Candidate& candidate : candidates_)
        if (candidate.result.judgement.fate == Fate::refused)
            ++report_.refused;
        else
            report_.results.push_back(std::move(candidate.result));
    if (budget_.stop().requested && budget_.reason() == StopReason::none)
        report_.stop_text = "interrupted";
    else
        report_.stop_text = budget_.text();
    // The time may have ended behind what the design itself took.
    if (report_.stop_text.empty() &&
        std::any_of(report_.results.begin(), report_.results.end(),
                    [](const ChangeResult& one) { return one.judgement.cut_short; }))
        report_.stop_text = "a limit is reached";
    report_.seconds = seconds_since(begin_);
    return std::move(report_);
}

}  // namespace

AblateReport ablate(const Library& library, const AblateRequest& request, KnownResults& known,
                    AblateObserver& observer, const AblateSinks& sinks) {
    return Ablation(library, request, known, observer, sinks).run();
}

}  // namespace cowcheck
