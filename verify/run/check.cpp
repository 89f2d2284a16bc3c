#include "verify/run/check.h"

#include "model/machine/lost_schedule.h"
#include "verify/expect/expectations.h"
#include "verify/run/bad_input.h"
#include "verify/run/budget.h"
#include "verify/run/clock.h"
#include "verify/run/counterexample.h"
#include "verify/run/in_order.h"
#include "verify/run/limits.h"
#include "verify/run/numbers.h"
#include "traces/digest.h"

#include <algorithm>
#include <memory>

namespace cowcheck {

namespace {

// Of one exploration. More gain little: they wait for each other.
constexpr unsigned most_threads_each = 16;

class Check {
public:
    Check(const Library& library, const CheckRequest& request, Reporter& reporter);

    [[nodiscard]] CheckResults run(TraceSink sink);

private:
    void add_run(const DesignText& design, const World& world);
    void find_same_programs();
    void publish_applicability(std::size_t i);
    void deepen(std::size_t i, const CheckRun& first);
    void conclude(std::size_t i);
    void write_trace(CheckRun& run, std::size_t place, PropertyResult& result);
    void explore_all();
    [[nodiscard]] Identity identity_of(const CheckRun& run) const;
    void load(std::size_t group);
    void keep(std::size_t i);
    void tell_loaded();
    void find_surprises(std::size_t i);

    const Library& library_;
    const CheckRequest& request_;
    Reporter& reporter_;
    TraceSink sink_;
    CheckResults results_;
    Clock::time_point begin_ = Clock::now();
    Budget budget_;
    unsigned at_a_time_ = 1;
    std::unique_ptr<SpareThreads> spare_;
    std::vector<std::unique_ptr<CheckRun>> runs_;
    // Places of runs that share an exploration, those of the first ones in order.
    std::vector<std::vector<std::size_t>> groups_;
    std::unique_ptr<CheckpointFolder> kept_;
    std::vector<Clock::time_point> kept_at_;  // by run: when it was kept last, or begun
    std::vector<std::size_t> loaded_;         // runs that go on from what was kept
};

Check::Check(const Library& library, const CheckRequest& request, Reporter& reporter)
    : library_(library), request_(request), reporter_(reporter), budget_(request.limits) {
    const Selection& selection = request.selection;
    results_.depth = request.options.bounds.depth;
    results_.concurrency = request.options.bounds.concurrency;
    for (const World& world : selection.worlds)
        for (const DesignText& design : selection.designs) add_run(design, world);
    if (runs_.empty()) refuse(library, selection.designs.front(), selection.worlds.front());
    find_same_programs();
    at_a_time_ = shares_of(request.threads, groups_.size()).at_a_time;
    spare_ = std::make_unique<SpareThreads>(static_cast<int>(request.threads - at_a_time_));
    for (const auto& group : groups_)
        runs_[group.front()]->begin(std::min(request.threads, most_threads_each), spare_.get());
    if (request.checkpoint) {
        for (const auto& one : runs_)
            if (one->explorer()->outside() != nullptr)
                throw BadInput("--checkpoint: world '" + one->world().name +
                               "' has references from outside, of which nothing can be kept");
        kept_ = std::make_unique<CheckpointFolder>(request.checkpoint->folder);
        kept_at_.resize(runs_.size(), begin_);
        for (std::size_t group = 0; group < groups_.size(); ++group) load(group);
    }
    for (std::size_t i = 0; i < runs_.size(); ++i) publish_applicability(i);
}

// What an exploration depends on. Its depth does not matter: what was explored may be explored
// further.
Identity Check::identity_of(const CheckRun& run) const {
    const std::string* world = library_.world_text(run.world().name);
    std::string texts;
    for (const auto& file : library_.properties().files) texts += text_digest(file->text);
    for (const ast::Property& one : request_.selection.properties.properties)
        texts += one.name + "\n";
    texts += request_.selection.assertions ? "assertions" : "";
    const RunOptions& options = request_.options;
    const auto reductions = std::string(options.policy.joining ? "steps are joined" : "every step") +
                            (options.policy.symmetry ? ", names do not matter" : ", names matter");
    return {{{"the design", run.design().name()},
             {"the world", run.world().name},
             {"--concurrency", std::to_string(options.bounds.concurrency)},
             {"what is reduced", reductions},
             {"the text of the design, or of one that it extends", design_digest(run.design()), false},
             {"the text of the world", text_digest(world == nullptr ? "" : *world), false},
             {"what is asked (--property, or its text)", text_digest(texts), false},
             {"the cowcheck that has written it", digest_of_this_program(), false}}};
}

void Check::load(std::size_t group) {
    const std::vector<std::size_t>& members = groups_[group];
    const std::size_t front = members.front();
    const Identity identity = identity_of(*runs_[front]);
    runs_[front]->set_rests({[this, front] {
                                 return Clock::now() - kept_at_[front] >= request_.checkpoint->every;
                             },
                             [this, front] { keep(front); }});
    const auto source = kept_->open(front, identity);
    if (source == nullptr) return;
    runs_[front]->load(*source);
    for (const std::size_t i : members) {
        runs_[i]->catch_up();
        loaded_.push_back(i);
    }
}

void Check::keep(std::size_t i) {
    if (!runs_[i]->can_be_saved()) return;
    const std::string problem = kept_->write(i, identity_of(*runs_[i]),
                                             [&](ByteSink& sink) { runs_[i]->save(sink); });
    kept_at_[i] = Clock::now();
    if (!problem.empty()) reporter_.note("--checkpoint: " + problem + "; the one before it stays");
}

// What was kept is told again, as if it had been found now.
void Check::tell_loaded() {
    for (const std::size_t i : loaded_) {
        for (PropertyResult& property : results_.runs[i].properties)
            if (property.verdict != Verdict::not_applicable) property.verdict = Verdict::incomplete;
        const Explorer& explorer = *runs_[i]->explorer();
        reporter_.note(results_.runs[i].design + " in world " + results_.runs[i].world +
                       ": goes on after " + count_text(explorer.states()) + " states, at " +
                       std::to_string(explorer.depth() + 1) + " operations");
        conclude(i);
    }
    for (const std::size_t i : loaded_)
        if (!runs_[i]->wants_more()) runs_[i]->release();
}

void Check::add_run(const DesignText& design, const World& world) {
    if (auto out = left_out(design, world)) {
        if (request_.means_pairs) refuse(library_, design, world);
        results_.left_out.push_back(std::move(*out));
        return;
    }
    const Selection& selection = request_.selection;
    runs_.push_back(std::make_unique<CheckRun>(design, selection.properties, selection.assertions,
                                               world, request_.options, &budget_.usage()));
    results_.runs.emplace_back();
    results_.runs.back().design = design.name();
    results_.runs.back().world = world.name;
}

void Check::find_same_programs() {
    for (std::size_t i = 0; i < runs_.size(); ++i) {
        const auto group = std::find_if(groups_.begin(), groups_.end(), [&](const auto& others) {
            return runs_[i]->share(*runs_[others.front()]);
        });
        if (group == groups_.end()) {
            groups_.push_back({i});
            continue;
        }
        results_.runs[i].same_as = results_.runs[group->front()].design;
        group->push_back(i);
    }
}

// Tables know from the start what will stay empty.
void Check::publish_applicability(std::size_t i) {
    std::vector<std::size_t> none;
    runs_[i]->conclude(results_.runs[i], none);
}

void Check::deepen(std::size_t i, const CheckRun& first) {
    if (&first != runs_[i].get() && runs_[i]->shares(first)) {
        (void)budget_.deepen(*runs_[i]);
        return;
    }
    reporter_.begin_level(i, *runs_[i]);
    (void)budget_.deepen(*runs_[i]);
    reporter_.end_level(i, *runs_[i]);
}

void Check::conclude(std::size_t i) {
    RunResult& result = results_.runs[i];
    std::vector<std::size_t> fresh;
    runs_[i]->conclude(result, fresh);
    if (runs_[i]->stands_alone()) result.same_as.clear();
    for (const std::size_t place : fresh) {
        write_trace(*runs_[i], place, result.properties[place]);
        if (result.properties[place].verdict == Verdict::fault)
            reporter_.fault({result.design, result.world, result.properties[place].property,
                             result.properties[place].fault});
        results_.seconds = seconds_since(begin_);
        reporter_.verdict(results_, result, result.properties[place]);
    }
    results_.seconds = seconds_since(begin_);
    reporter_.level(results_, result);
}

// What has been found is worth more than its trace: a failure does not end the check.
void Check::write_trace(CheckRun& run, std::size_t place, PropertyResult& result) {
    const Violation* violation = run.violation_of(place);
    if (violation == nullptr) return;
    try {
        const Trace trace =
            make_trace({library_, request_.selection, request_.options}, run, *violation, result.property);
        result.operations = violation->operations;
        result.steps = static_cast<unsigned>(trace.steps.size());
        result.story = story_of(trace);
        result.explanation = trace.explanation;
        result.trace = sink_(trace);
    } catch (const LostSchedule& error) {
        run.set_fault(place, error.what());
        result.verdict = Verdict::fault;
        result.fault = error.what();
    } catch (const BadInput& error) {
        if (results_.write_error.empty()) results_.write_error = error.what();
    }
}

// Level by level, and in each the runs in their order, with those that share what is explored:
// that is how verdicts are told. A run's next level may begin before the other runs have come
// as far.
void Check::explore_all() {
    const std::size_t groups = groups_.size();
    std::vector<std::vector<std::size_t>> deepened_of(groups);
    const auto explore = [&](std::size_t piece) {
        std::vector<std::size_t>& deepened = deepened_of[piece % groups];
        deepened.clear();
        for (const std::size_t i : groups_[piece % groups])
            if (budget_.reason() == StopReason::none && runs_[i]->wants_more())
                deepened.push_back(i);
        for (const std::size_t i : deepened) deepen(i, *runs_[deepened.front()]);
    };
    const auto tell = [&](std::size_t piece) {
        const std::vector<std::size_t>& deepened = deepened_of[piece % groups];
        for (const std::size_t i : deepened) conclude(i);
        for (const std::size_t i : deepened) {
            if (runs_[i]->wants_more()) continue;
            // What took long need not be done again if others are stopped later.
            if (kept_ != nullptr && i == groups_[piece % groups].front() &&
                Clock::now() - kept_at_[i] >= request_.checkpoint->every / 10)
                keep(i);
            runs_[i]->release();  // its memory is for the others
        }
    };
    in_order((request_.options.bounds.depth + std::size_t{1}) * groups, groups, at_a_time_, explore, tell,
             spare_.get());
    results_.stop = budget_.reason();
}

void Check::find_surprises(std::size_t i) {
    RunResult& run = results_.runs[i];
    std::string missing;
    for (const PropertyResult& property : run.properties) {
        const ast::Expectation* expected =
            expectation_about(runs_[i]->design().design(), property.property, run.world);
        if (expected == nullptr) continue;
        if (!expected->violated && property.verdict == Verdict::violated)
            run.surprises.push_back("expects " + property.property + " to hold");
        if (!expected->violated || property.verdict != Verdict::holds) continue;
        if (expected->names(run.world))
            run.surprises.push_back("expects " + property.property + " to be violated in world " +
                                    run.world + ": not seen within " + bounds_text(results_));
        else if (run.world == "default")  // other worlds need not have what it takes
            missing += (missing.empty() ? "" : ", ") + property.property;
    }
    if (!missing.empty())
        run.surprises.push_back("expects violations of " + missing + ": not seen within " +
                                bounds_text(results_));
}

CheckResults Check::run(TraceSink sink) {
    sink_ = std::move(sink);
    reporter_.begin(results_);
    {
        const InterruptGuard guard(budget_.stop());
        tell_loaded();
        explore_all();
    }
    if (kept_ != nullptr && results_.stop == StopReason::none) kept_->clear();
    for (std::size_t i = 0; i < runs_.size(); ++i) find_surprises(i);
    results_.stop_text = budget_.text();
    results_.seconds = seconds_since(begin_);
    reporter_.end(results_);
    return std::move(results_);
}

}  // namespace

CheckResults check(const Library& library, const CheckRequest& request, Reporter& reporter,
                   const std::function<TraceSink()>& start) {
    Check check(library, request, reporter);
    return check.run(start());
}

}  // namespace cowcheck
