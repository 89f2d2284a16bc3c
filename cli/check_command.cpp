#include "cli/check_command.h"

#include "cli/bad_input.h"
#include "cli/budget.h"
#include "cli/check_run.h"
#include "cli/expectations.h"
#include "cli/fault.h"
#include "cli/in_order.h"
#include "cli/limits.h"
#include "cli/load.h"
#include "cli/numbers.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/report_json.h"
#include "cli/report_text.h"
#include "cli/run.h"
#include "cli/terminal.h"
#include "cli/traces_of_runs.h"
#include "model/machine/lost_schedule.h"
#include "traces/trace_json.h"

#include <algorithm>
#include <memory>

namespace cowcheck {

namespace {

using Clock = std::chrono::steady_clock;

// Of one exploration. More gain little: they wait for each other.
constexpr unsigned most_threads_each = 16;

class Check {
public:
    explicit Check(CheckOptions options)
        : options_(std::move(options)), library_(load_library()),
          selection_(select(library_, options_)),
          properties_(selected_properties(library_, selection_)), budget_(options_) {
        results_.depth = options_.depth;
        results_.concurrency = options_.concurrency;
        const bool assertions = selection_.all_properties ||
                                selection_.properties.contains(std::string(assertions_name));
        for (const std::string& world : selection_.worlds)
            for (const std::string& design : selection_.designs)
                runs_.push_back(std::make_unique<CheckRun>(
                    find_design(library_, design), properties_, assertions,
                    find_world(library_, world), options_, &budget_.usage()));
        for (const auto& run : runs_) {
            results_.runs.emplace_back();
            results_.runs.back().design = run->design().name();
            results_.runs.back().world = run->world().name;
        }
        find_same_programs();
        at_a_time_ = shares_of(options_.threads, groups_.size()).at_a_time;
        spare_ = std::make_unique<SpareThreads>(static_cast<int>(options_.threads - at_a_time_));
        for (const auto& group : groups_)
            runs_[group.front()]->begin(std::min(options_.threads, most_threads_each),
                                        spare_.get());
        for (std::size_t i = 0; i < runs_.size(); ++i) publish_applicability(i);
    }

    int run();

private:
    void find_same_programs();
    void publish_applicability(std::size_t i);
    void deepen(std::size_t i, const CheckRun& first);
    void conclude(std::size_t i);
    void write_trace(CheckRun& run, std::size_t place, PropertyResult& result);
    void tell_fault(const CheckRun& run, const PropertyResult& result);
    void explore_all();
    void find_surprises(std::size_t i);

    CheckOptions options_;
    Library library_;
    Selection selection_;
    PropertySet properties_;
    CheckResults results_;
    Clock::time_point begin_ = Clock::now();
    Budget budget_;
    unsigned at_a_time_ = 1;
    std::unique_ptr<SpareThreads> spare_;
    std::vector<std::unique_ptr<CheckRun>> runs_;
    // Places of runs that share an exploration, those of the first ones in order.
    std::vector<std::vector<std::size_t>> groups_;
    StatusLine status_;
    std::unique_ptr<Reporter> reporter_;
    std::unique_ptr<TraceFolder> folder_;
    std::unique_ptr<ProgressMonitor> progress_;
    std::string write_error_;  // the first one
};

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
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
    progress_->begin_level(i, *runs_[i]);
    (void)budget_.deepen(*runs_[i]);
    progress_->end_level(i, *runs_[i]);
}

void Check::conclude(std::size_t i) {
    RunResult& result = results_.runs[i];
    std::vector<std::size_t> fresh;
    runs_[i]->conclude(result, fresh);
    if (runs_[i]->stands_alone()) result.same_as.clear();
    for (const std::size_t place : fresh) {
        write_trace(*runs_[i], place, result.properties[place]);
        if (result.properties[place].verdict == Verdict::fault)
            tell_fault(*runs_[i], result.properties[place]);
        results_.seconds = seconds_since(begin_);
        reporter_->verdict(results_, result, result.properties[place]);
    }
    results_.seconds = seconds_since(begin_);
    reporter_->level(results_, result);
}

// What has been found is worth more than its trace: a failure does not end the check.
void Check::write_trace(CheckRun& run, std::size_t place, PropertyResult& result) {
    const Violation* violation = run.violation_of(place);
    if (violation == nullptr) return;
    try {
        const Trace trace =
            make_trace({library_, selection_, options_}, run, *violation, result.property);
        result.operations = violation->operations;
        result.steps = static_cast<unsigned>(trace.steps.size());
        result.story = story_of(trace);
        result.trace = folder_->write(trace_file_name(trace), to_json(trace));
    } catch (const LostSchedule& error) {
        run.set_fault(place, error.what());
        result.verdict = Verdict::fault;
        result.fault = error.what();
    } catch (const BadInput& error) {
        if (write_error_.empty()) write_error_ = error.what();
    }
}

void Check::tell_fault(const CheckRun& run, const PropertyResult& result) {
    const auto paused = status_.pause();
    report_fault(library_, {run.design().name(), run.world().name, result.property, result.fault},
                 options_.traces);
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
        for (const std::size_t i : deepened)
            if (!runs_[i]->wants_more()) runs_[i]->release();  // its memory is for the others
    };
    in_order((options_.depth + std::size_t{1}) * groups, groups, at_a_time_, explore, tell,
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

int Check::run() {
    folder_ = std::make_unique<TraceFolder>(options_.traces);
    if (options_.format == CheckOptions::Format::json)
        reporter_ = std::make_unique<JsonReporter>();
    else
        reporter_ = std::make_unique<TextReporter>(status_);
    progress_ = std::make_unique<ProgressMonitor>(results_, status_);
    reporter_->begin(results_);
    {
        const InterruptGuard guard(budget_.stop());
        explore_all();
    }
    progress_.reset();
    for (std::size_t i = 0; i < runs_.size(); ++i) find_surprises(i);
    results_.stop_text = budget_.text();
    results_.seconds = seconds_since(begin_);
    reporter_->end(results_);
    if (results_.has_fault()) return ExitStatus::fault;
    if (!write_error_.empty()) throw BadInput(write_error_);
    if (results_.violated()) return ExitStatus::violation;
    return results_.stop == StopReason::none ? ExitStatus::no_violation : ExitStatus::stopped;
}

}  // namespace

int check(CheckOptions options) {
    options.max_memory = std::min(options.max_memory, default_memory_limit());
    return Check(std::move(options)).run();
}

}  // namespace cowcheck
