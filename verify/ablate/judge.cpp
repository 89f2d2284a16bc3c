#include "verify/ablate/judge.h"

#include "model/machine/lost_schedule.h"
#include "traces/trace.h"
#include "verify/run/bad_input.h"
#include "verify/run/budget.h"
#include "verify/run/clock.h"
#include "verify/run/counterexample.h"
#include "verify/run/left_out.h"
#include "verify/run/numbers.h"

#include <algorithm>
#include <tuple>

namespace cowcheck {

namespace {

// Lets a change have many more states than its base, and still end.
constexpr std::uint64_t growth = 10;
constexpr std::uint64_t least_states = 100'000;

// Safety first, then what takes the fewest operations.
const Comparison* worst_of(const std::vector<Comparison>& comparisons) {
    const Comparison* worst = nullptr;
    const auto rank = [](const Comparison& one) {
        return std::tuple(one.cost, one.operations.value_or(0));
    };
    for (const Comparison& one : comparisons)
        if (one.change == Change::worse && (worst == nullptr || rank(one) < rank(*worst)))
            worst = &one;
    return worst;
}

// Why nobody goes on; empty if there is no reason.
std::string over(const JudgeOptions& options) {
    if (options.interrupted != nullptr && *options.interrupted) return "interrupted";
    const bool late = options.deadline && Clock::now() >= *options.deadline;
    return late ? "the time is over" : "";
}

std::string first_fault(const std::vector<Comparison>& comparisons) {
    for (const Comparison& one : comparisons)
        if (!one.fault.empty()) return "a fault of cowcheck: " + one.fault;
    return {};
}

}  // namespace

bool reaches(const Reached& reached, const Definition& definition) {
    if (const auto* handler = std::get_if<const ast::Handler*>(&definition))
        return reached.handlers.contains(*handler);
    return reached.predicates.contains(std::get<const ast::Predicate*>(definition));
}

struct Judge::Look {
    const BaseInWorld* base = nullptr;
    std::unique_ptr<Budget> budget;
    std::unique_ptr<CheckRun> run;
};

Judge::Judge(const Library& library, const Selection& selection, const DesignText& base,
             const std::vector<BaseInWorld>& worlds, const DesignCosts& costs)
    : library_(library), selection_(selection), base_(base), worlds_(worlds), costs_(costs) {}

// All worlds in which the program is another one; throws BadInput if one of them is not compiled.
std::vector<Judge::Look> Judge::looks_at(const DesignText& design, const Definition& definition,
                                         const JudgeOptions& options) const {
    std::vector<Look> looks;
    for (const BaseInWorld& base : worlds_) {
        if (!reaches(base.reached, definition)) continue;
        Look look;
        look.base = &base;
        StopLimits limits;
        limits.max_memory = options.max_memory;
        limits.max_states = std::min(options.budget, growth * base.states + least_states);
        if (options.deadline)
            limits.max_time = std::max(std::chrono::milliseconds(0),
                                       std::chrono::duration_cast<std::chrono::milliseconds>(
                                           *options.deadline - Clock::now()));
        look.budget = std::make_unique<Budget>(limits);
        look.run = std::make_unique<CheckRun>(design, selection_.properties, true, base.world,
                                              base.options, &look.budget->usage());
        if (!look.run->share(*base.run)) looks.push_back(std::move(look));
    }
    return looks;
}

Judgement Judge::judge(const DesignText& design, const Definition& definition,
                       const JudgeOptions& options, const TraceSink& sink) const {
    Judgement judgement;
    if (const std::string why = over(options); !why.empty()) {
        judgement.why = why;
        judgement.cut_short = true;
        return judgement;
    }
    try {
        std::vector<Look> looks = looks_at(design, definition, options);
        judgement.worlds = static_cast<unsigned>(looks.size());
        judgement.fate = looks.empty() ? Fate::same_program : Fate::unnoticed;
        for (Look& look : looks) {
            std::vector<Comparison> comparisons;
            explore(look, options, judgement, comparisons);
            if (const Comparison* worst = worst_of(comparisons)) {
                judgement.fate = Fate::needed;
                judgement.why.clear();
                tell(look, *worst, sink, judgement.broken);
                return judgement;
            }
            look.run.reset();
        }
        if (judgement.worlds == 0) return judgement;
        for (const PathComparison& path : compare_costs(costs_, costs_of(library_, design)))
            if (path.worse()) {
                judgement.fate = Fate::needed;
                judgement.why.clear();
                judgement.broken.path = path.path;
                break;
            }
    } catch (const BadInput&) {
        judgement = {};
        judgement.fate = Fate::refused;
    } catch (const LostSchedule& error) {
        judgement.fate = Fate::undecided;
        judgement.broken = {};
        judgement.why = std::string("a fault of cowcheck: ") + error.what();
        judgement.fault = true;
    }
    return judgement;
}

// Level by level, until something got worse. A level that goes over the limit says nothing,
// wherever in it the explorers have noticed: what is found does not depend on the machine.
void Judge::explore(Look& look, const JudgeOptions& options, Judgement& judgement,
                    std::vector<Comparison>& comparisons) const {
    const auto stays_open = [&](const std::string& why, bool cut_short) {
        judgement.fate = Fate::undecided;
        judgement.cut_short = judgement.cut_short || cut_short;
        if (judgement.why.empty()) judgement.why = why + " (world " + look.base->world.name + ")";
    };
    if (const std::string why = over(options); !why.empty()) return stays_open(why, true);
    if (!look.base->open.empty()) return stays_open(look.base->open, true);
    const std::uint64_t limit = std::min(options.budget - std::min(options.budget, judgement.states),
                                         growth * look.base->states + least_states);
    CheckRun& run = *look.run;
    look.budget->stop().max_states = limit + 1;  // explorers stop where they have so many
    run.begin(options.threads);
    std::string open;
    bool cut_short = false;
    while (run.wants_more() && open.empty()) {
        const StopReason reason = look.budget->deepen(run);
        if (const std::string why = over(options); !why.empty())
            open = why;
        else if (reason == StopReason::states || run.states() > limit)
            open = "more than " + count_text(limit) + " states";
        else if (reason != StopReason::none)
            open = look.budget->text();
        cut_short = !open.empty() && reason != StopReason::states && run.states() <= limit;
        if (!open.empty()) break;
        comparisons = compare_verdicts({base_.name(), look.base->conclusion},
                                       {run.design().name(), conclusion_of(run)});
        if (worst_of(comparisons) != nullptr) break;
    }
    judgement.states += std::min(run.states(), limit);
    if (run.level_states() != look.base->level_states) ++judgement.differing;
    if (open.empty()) {
        open = first_fault(comparisons);
        judgement.fault = judgement.fault || !open.empty();
    }
    if (!open.empty()) stays_open(open, cut_short);
}

void Judge::tell(Look& look, const Comparison& worst, const TraceSink& sink,
                 Broken& broken) const {
    broken.property = worst.property;
    broken.cost = worst.cost;
    broken.world = look.base->world.name;
    broken.operations = worst.operations.value_or(0);
    const Violation* violation = look.run->violation_of(worst.place_in_results);
    if (!sink || violation == nullptr) return;
    const Trace trace = make_trace({library_, selection_, look.base->options}, *look.run,
                                   *violation, worst.property);
    broken.steps = static_cast<unsigned>(trace.steps.size());
    broken.story = story_of(trace);
    broken.trace = sink(trace);
}

}  // namespace cowcheck
