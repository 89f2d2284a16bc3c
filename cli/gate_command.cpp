#include "cli/gate_command.h"

#include "cli/bad_input.h"
#include "cli/budget.h"
#include "cli/check_run.h"
#include "cli/cost_paths.h"
#include "cli/expectations.h"
#include "cli/fault.h"
#include "cli/gate_place.h"
#include "cli/gate_report.h"
#include "cli/in_order.h"
#include "cli/limits.h"
#include "cli/load.h"
#include "cli/numbers.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "cli/traces_of_runs.h"
#include "model/machine/lost_schedule.h"
#include "traces/trace_json.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <unistd.h>

namespace cowcheck {

namespace {

using Clock = std::chrono::steady_clock;

class Gate {
public:
    explicit Gate(GateOptions options);
    int run();

private:
    void refuse_contradictions() const;
    void explore_worlds();
    [[nodiscard]] CheckOptions bounds_in(const std::string& world) const;
    [[nodiscard]] std::vector<Comparison> compare(CheckRun& base, CheckRun& design,
                                                  const std::string& world) const;
    void write_trace(CheckRun& run, std::size_t place, const CheckOptions& bounds,
                     Comparison& comparison) const;
    void report_faults(const std::vector<Comparison>& comparisons);
    void explore(CheckRun& run);
    [[nodiscard]] std::vector<const Comparison*> spoken_of(const ast::Design& design,
                                                           const ast::Expectation& expected) const;
    void judge(const ast::Expectation& expected, const std::vector<const Comparison*>& worlds,
               ExpectationResult& result) const;
    void judge_expectations();
    void update_expectations();
    [[nodiscard]] std::string waiver_of(const std::string& property) const;
    void print_report() const;

    GateOptions options_;
    Library library_;
    Selection selection_;
    std::string base_;
    std::string design_;
    GateReport report_;
    Clock::time_point begin_ = Clock::now();
    Budget budget_;
    StatusLine status_;
    std::unique_ptr<TraceFolder> folder_;
};

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

Gate::Gate(GateOptions options)
    : options_(std::move(options)), library_(load_library()), budget_(options_) {
    CheckOptions wanted;
    wanted.worlds = options_.worlds.empty() ? library_.world_names() : options_.worlds;
    // The base first: the design may extend it.
    if (!options_.against.empty()) wanted.designs.push_back(options_.against);
    wanted.designs.push_back(options_.design);
    selection_ = select(library_, wanted);
    design_ = selection_.designs.back();
    base_ = options_.against.empty() ? find_design(library_, design_).design().base
                                     : selection_.designs.front();
    refuse_contradictions();
    report_.base = base_;
    report_.design = design_;
    report_.title = find_design(library_, design_).design().title;
    report_.concurrency = options_.concurrency;
    report_.waivers = options_.waivers;
}

void Gate::refuse_contradictions() const {
    if (base_.empty())
        throw BadInput("gate: design '" + design_ +
                       "' extends nothing; name what to compare it with: --against NAME|FILE");
    if (base_ == design_)
        throw BadInput("gate: '" + design_ + "' against itself: expected two designs");
    for (const Waiver& waiver : options_.waivers)
        if (waiver.property != assertions_name) (void)find_property(library_, waiver.property);
    if (options_.update && !selection_.design_files.contains(design_))
        throw BadInput("gate: --update rewrites a file, and '" + design_ +
                       "' is built in; copy it (cowcheck designs show " + design_ +
                       " > FILE), give it a name of its own, and name the file");
    if (options_.update && !options_.worlds.empty())
        throw BadInput("gate: --update needs all worlds, so it does not go with --world");
}

std::string Gate::waiver_of(const std::string& property) const {
    for (const Waiver& waiver : options_.waivers)
        if (waiver.property == property) return waiver.reason;
    return {};
}

void Gate::explore(CheckRun& run) {
    while (budget_.reason() == StopReason::none && run.wants_more()) {
        if (is_terminal(STDERR_FILENO))
            status_.show(run.design().name() + " in " + run.world().name + ": " +
                         plural(static_cast<unsigned>(run.explorer()->depth() + 1), "operation") +
                         ", " + count_text(run.states()) + " states");
        (void)budget_.deepen(run);
    }
}

bool is_open(Verdict verdict) {
    return verdict == Verdict::incomplete || verdict == Verdict::fault;
}

Change change_of(Verdict before, Verdict after) {
    if (is_open(before) || is_open(after)) return Change::undecided;
    const bool was = before == Verdict::violated;
    const bool is = after == Verdict::violated;
    if (after == Verdict::not_applicable) return Change::same;
    return was == is ? Change::same : is ? Change::worse : Change::better;
}

const PropertyResult* find(const RunResult& run, const std::string& property) {
    for (const PropertyResult& result : run.properties)
        if (result.property == property) return &result;
    return nullptr;
}

std::vector<Comparison> Gate::compare(CheckRun& base, CheckRun& design,
                                      const std::string& world) const {
    std::vector<Comparison> comparisons;
    std::vector<std::size_t> ignored;
    RunResult before;
    RunResult after;
    base.conclude(before, ignored);
    design.conclude(after, ignored);
    const CheckOptions bounds = bounds_in(world);
    for (std::size_t place = 0; place < after.properties.size(); ++place) {
        const PropertyResult& now = after.properties[place];
        const PropertyResult* then = find(before, now.property);
        Comparison comparison;
        comparison.world = world;
        comparison.property = now.property;
        comparison.cost = now.cost;
        comparison.before = then == nullptr ? Verdict::not_applicable : then->verdict;
        comparison.after = now.verdict;
        if (comparison.before == Verdict::not_applicable &&
            comparison.after == Verdict::not_applicable)
            continue;
        comparison.change = change_of(comparison.before, comparison.after);
        if (comparison.before == Verdict::fault)
            comparison.fault = base_ + ": " + then->fault;
        else if (comparison.after == Verdict::fault)
            comparison.fault = design_ + ": " + now.fault;
        if (const Violation* violation = base.violation_of(place))
            comparison.operations_before = violation->operations;
        if (comparison.change == Change::worse) comparison.waiver = waiver_of(now.property);
        write_trace(design, place, bounds, comparison);
        comparisons.push_back(std::move(comparison));
    }
    return comparisons;
}

// Of a violation that is news; others only leave their story.
void Gate::write_trace(CheckRun& run, std::size_t place, const CheckOptions& bounds,
                       Comparison& comparison) const {
    const Violation* violation = run.violation_of(place);
    if (violation == nullptr) return;
    comparison.operations = violation->operations;
    const DesignText& design = run.design();
    const bool unexpected = std::any_of(
        design.design().expectations.begin(), design.design().expectations.end(),
        [&](const auto& one) { return one.property == comparison.property && !one.violated; });
    if (comparison.change != Change::worse && !unexpected && !options_.update) return;
    try {
        const Trace trace =
            make_trace({library_, selection_, bounds}, run, *violation, comparison.property);
        comparison.story = story_of(trace);
        comparison.steps = static_cast<unsigned>(trace.steps.size());
        comparison.place = essential_place(trace, design, selection_);
        if (comparison.change == Change::worse || unexpected)
            comparison.trace = folder_->write(trace_file_name(trace), to_json(trace));
    } catch (const LostSchedule& error) {
        comparison.after = Verdict::fault;
        comparison.change = Change::undecided;
        comparison.operations.reset();
        comparison.fault = design_ + ": " + error.what();
    }
}

void Gate::report_faults(const std::vector<Comparison>& comparisons) {
    for (const Comparison& one : comparisons) {
        if (one.fault.empty()) continue;
        const auto cleared = status_.pause();
        const std::string& design = one.after == Verdict::fault ? design_ : base_;
        report_fault(library_, {design, one.world, one.property, one.fault}, options_.traces);
    }
}

CheckOptions Gate::bounds_in(const std::string& world) const {
    CheckOptions bounds;
    bounds.depth = options_.depth.value_or(find_world(library_, world).depth);
    bounds.concurrency = options_.concurrency;
    return bounds;
}

void Gate::explore_worlds() {
    struct Compared {
        GateWorld world;
        std::vector<Comparison> comparisons;
    };
    const PropertySet properties = selected_properties(library_, selection_);
    std::vector<Compared> compared(selection_.worlds.size());
    const Shares shares = shares_of(options_.threads, compared.size());
    const auto work = [&](std::size_t i) {
        const std::string& world = selection_.worlds[i];
        const World& where = find_world(library_, world);
        const CheckOptions bounds = bounds_in(world);
        const auto run_of = [&](const std::string& name) {
            return CheckRun(find_design(library_, name), properties, true, where, bounds,
                            &budget_.usage());
        };
        CheckRun base = run_of(base_);
        CheckRun design = run_of(design_);
        const bool same_program = base.share(design);
        design.begin(shares.threads_each);
        if (!same_program) base.begin(shares.threads_each);
        explore(design);
        explore(base);
        compared[i] = {{world, bounds.depth, base.states(), design.states(),
                        !base.wants_more() && !design.wants_more(),
                        same_program && base.shares(design),
                        base.waited_for_frame() || design.waited_for_frame()},
                       compare(base, design, world)};
    };
    const auto conclude = [&](std::size_t i) {
        report_.worlds.push_back(compared[i].world);
        report_faults(compared[i].comparisons);
        for (Comparison& one : compared[i].comparisons)
            report_.comparisons.push_back(std::move(one));
    };
    in_order(compared.size(), compared.size(), shares.at_a_time, work, conclude);
}

// What an `expect` line speaks about: the worlds it names, or those that no other line about
// the property names.
std::vector<const Comparison*> Gate::spoken_of(const ast::Design& design,
                                               const ast::Expectation& expected) const {
    std::vector<const Comparison*> found;
    for (const Comparison& one : report_.comparisons) {
        if (one.property != expected.property) continue;
        const bool named_elsewhere = std::any_of(
            design.expectations.begin(), design.expectations.end(), [&](const auto& other) {
                return other.property == one.property && other.names(one.world);
            });
        if (expected.worlds.empty() ? !named_elsewhere : expected.names(one.world))
            found.push_back(&one);
    }
    return found;
}

void Gate::judge(const ast::Expectation& expected, const std::vector<const Comparison*>& worlds,
                 ExpectationResult& result) const {
    const auto first = [&](auto is) {
        const auto found = std::find_if(worlds.begin(), worlds.end(),
                                        [&](const Comparison* one) { return is(one->after); });
        return found == worlds.end() ? nullptr : *found;
    };
    const auto is = [](Verdict verdict) { return [=](Verdict other) { return other == verdict; }; };
    const Comparison* violation = first(is(Verdict::violated));
    const Comparison* held = first(is(Verdict::holds));
    const bool decided = first(is_open) == nullptr;
    // Each world that a line names must violate it. Otherwise one world need not have what
    // a violation takes, but all of them should.
    const bool each = expected.violated && !expected.worlds.empty();
    if (each && held != nullptr) {
        result.violated = false;
        result.world = held->world;
    } else if (violation != nullptr && (!each || decided)) {
        result.violated = true;
        result.world = violation->world;
        result.story = violation->story;
    } else if (decided && held != nullptr && (!expected.violated || options_.worlds.empty())) {
        result.violated = false;
    }
}

void Gate::judge_expectations() {
    const DesignText text = find_design(library_, design_);
    for (const ast::Expectation& expected : text.design().expectations) {
        ExpectationResult result;
        result.property = expected.property;
        result.expects_violated = expected.violated;
        for (const auto& world : expected.worlds)
            result.where += (result.where.empty() ? "" : ", ") + world.name;
        result.waiver = waiver_of(expected.property);
        result.place = place_of(expected.span, text, selection_);
        judge(expected, spoken_of(text.design(), expected), result);
        report_.expectations.push_back(std::move(result));
    }
}

void Gate::update_expectations() {
    const DesignText text = find_design(library_, design_);
    const ast::Design& design = text.design();
    const std::string& path = selection_.design_files.at(design_);
    std::vector<NewExpectation> lines;
    const auto add = [&](std::optional<std::size_t> replaces, const ExpectationResult& result) {
        const bool violated = *result.violated;
        lines.push_back({replaces, result.property, violated,
                         violated ? "world " + result.world + ": " + result.story
                                  : "no violation in any world"});
    };
    for (std::size_t i = 0; i < report_.expectations.size(); ++i)
        if (report_.expectations[i].differs()) add(i, report_.expectations[i]);
    for (const Comparison& one : report_.comparisons) {
        const auto about = [&](const auto& line) { return line.property == one.property; };
        if (one.property == assertions_name ||
            std::any_of(design.expectations.begin(), design.expectations.end(), about) ||
            std::any_of(lines.begin(), lines.end(), about))
            continue;
        ExpectationResult result;
        result.property = one.property;
        const ast::Expectation anything{{}, false, one.property, {}, {}};
        judge(anything, spoken_of(design, anything), result);
        if (result.violated) add({}, result);
    }
    if (lines.empty()) return;
    const std::string& old_text = text.chain.front()->file->text;
    write_file(path, with_expectations(design, old_text, lines));
    report_.updated = path;
    for (ExpectationResult& expectation : report_.expectations)
        if (expectation.violated) expectation.expects_violated = *expectation.violated;
}

void Gate::print_report() const {
    using Format = GateOptions::Format;
    static constexpr std::array<std::pair<Format, std::string (*)(const GateReport&)>, 6> formats{
        {{Format::text, gate_text},
         {Format::json, gate_json},
         {Format::markdown, gate_markdown},
         {Format::junit, gate_junit},
         {Format::ktap, gate_ktap},
         {Format::sarif, gate_sarif}}};
    for (const auto& [format, print_it] : formats)
        if (format == options_.format) print(print_it(report_));
}

int Gate::run() {
    if (options_.update) expect_writable(selection_.design_files.at(design_));
    folder_ = std::make_unique<TraceFolder>(options_.traces);
    {
        const InterruptGuard guard(budget_.stop());
        explore_worlds();
    }
    report_.paths =
        compare_costs(library_, find_design(library_, base_), find_design(library_, design_));
    judge_expectations();
    if (options_.update) update_expectations();
    report_.stop_text = budget_.text();
    report_.seconds = seconds_since(begin_);
    { const auto cleared = status_.pause(); }
    print_report();
    return report_.exit_status();
}

}  // namespace

int gate(GateOptions options) {
    options.max_memory = std::min(options.max_memory, default_memory_limit());
    return Gate(std::move(options)).run();
}

}  // namespace cowcheck
