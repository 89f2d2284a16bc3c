#include "verify/gate/gate.h"

#include "checker/measure/has_effect.h"
#include "model/machine/lost_schedule.h"
#include "traces/story.h"
#include "traces/trace.h"
#include "verify/expect/expectations.h"
#include "verify/gate/compare.h"
#include "verify/gate/cost_paths.h"
#include "verify/gate/place.h"
#include "verify/run/budget.h"
#include "verify/run/clock.h"
#include "verify/run/counterexample.h"
#include "verify/run/in_order.h"
#include "verify/run/limits.h"
#include "verify/run/numbers.h"

#include <algorithm>
#include <map>
#include <utility>

namespace cowcheck {

namespace {

class Gate {
public:
    Gate(const Library& library, const GateRequest& request, Observer& observer,
         const TraceSink& sink);
    [[nodiscard]] GateReport run();

private:
    void leave_out_worlds();
    void explore_worlds();
    [[nodiscard]] RunOptions options_in(const World& world) const;
    [[nodiscard]] std::vector<Comparison> compare(CheckRun& base, CheckRun& design,
                                                  const World& world) const;
    void write_trace(CheckRun& run, std::size_t place, const RunOptions& options,
                     Comparison& comparison) const;
    void tell_decision(const Trace& trace, const CheckRun& run, Comparison& comparison) const;
    void report_faults(const std::vector<Comparison>& comparisons);
    void explore(CheckRun& run);
    void compare_effects(const CheckRun& base, const CheckRun& design, const World& world,
                         std::vector<Comparison>& comparisons) const;
    void judge_expectations();
    [[nodiscard]] std::string waiver_of(const std::string& property) const;

    const Library& library_;
    const GateRequest& request_;
    std::vector<World> worlds_;  // that both designs say something about
    Observer& observer_;
    const TraceSink& sink_;
    GateReport report_;
    Clock::time_point begin_ = Clock::now();
    Budget budget_;
};

// What an `expect` line speaks about: the worlds it names, or those that no other line about
// the property names.
std::vector<const Comparison*> spoken_of(const GateReport& report, const ast::Design& design,
                                         const ast::Expectation& expected) {
    std::vector<const Comparison*> found;
    for (const Comparison& one : report.comparisons) {
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

void judge(const ast::Expectation& expected, const std::vector<const Comparison*>& worlds,
           bool all_worlds, ExpectationResult& result) {
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
    } else if (decided && held != nullptr && (!expected.violated || all_worlds)) {
        result.violated = false;
    }
}

Gate::Gate(const Library& library, const GateRequest& request, Observer& observer,
           const TraceSink& sink)
    : library_(library), request_(request), observer_(observer), sink_(sink),
      budget_(request.limits) {
    report_.base = request.base.name();
    report_.design = request.design.name();
    report_.title = request.design.design().title;
    report_.concurrency = request.concurrency;
    report_.waivers = request.waivers;
    report_.own_place = essential_place({}, {}, request.design, request.selection);
    for (const ast::Property& one : request.selection.properties.properties)
        report_.meanings.push_back({one.name, one.meaning, one.source});
    report_.meanings.push_back(
        {std::string(assertions_name), "what the design itself asserts is so", {}});
    report_.meanings.push_back(
        {std::string(counting_name), "no count of references or mappings goes wrong", {}});
    report_.meanings.push_back(
        {std::string(effects_name), "what an operation can do in the base, it still can", {}});
    leave_out_worlds();
}

// What one of the designs has not got can't be compared. Whoever names a world means it.
void Gate::leave_out_worlds() {
    for (const World& world : request_.selection.worlds) {
        auto out = left_out(request_.design, world);
        const bool own = out.has_value();
        if (!out) out = left_out(request_.base, world);
        if (!out) {
            worlds_.push_back(world);
            continue;
        }
        if (!request_.all_worlds) refuse(library_, own ? request_.design : request_.base, world);
        report_.left_out.push_back(std::move(*out));
    }
    if (worlds_.empty()) refuse(library_, request_.design, request_.selection.worlds.front());
}

std::string Gate::waiver_of(const std::string& property) const {
    for (const Waiver& waiver : request_.waivers)
        if (waiver.property == property) return waiver.reason;
    return {};
}

void Gate::explore(CheckRun& run) {
    while (budget_.reason() == StopReason::none && run.wants_more()) {
        observer_.exploring(run);
        (void)budget_.deepen(run);
    }
}

std::vector<Comparison> Gate::compare(CheckRun& base, CheckRun& design,
                                      const World& world) const {
    const RunOptions options = options_in(world);
    std::vector<Comparison> comparisons =
        compare_verdicts({request_.base.name(), conclusion_of(base)},
                         {request_.design.name(), conclusion_of(design)});
    for (Comparison& one : comparisons) {
        one.world = world.name;
        if (one.change == Change::worse) one.waiver = waiver_of(one.property);
        write_trace(design, one.place_in_results, options, one);
    }
    return comparisons;
}

// Of a violation that is news; others only leave their story.
void Gate::write_trace(CheckRun& run, std::size_t place, const RunOptions& options,
                       Comparison& comparison) const {
    const Violation* violation = run.violation_of(place);
    if (violation == nullptr) return;
    const DesignText& design = run.design();
    const bool unexpected = std::any_of(
        design.design().expectations.begin(), design.design().expectations.end(),
        [&](const auto& one) { return one.property == comparison.property && !one.violated; });
    if (comparison.change != Change::worse && !unexpected && !request_.tells_all) return;
    try {
        const Trace trace =
            make_trace({library_, request_.selection, options}, run, *violation, comparison.property);
        comparison.story = story_of(trace);
        comparison.steps = static_cast<unsigned>(trace.steps.size());
        tell_decision(trace, run, comparison);
        if (comparison.change == Change::worse || unexpected)
            comparison.trace = sink_(trace);
    } catch (const LostSchedule& error) {
        comparison.after = Verdict::fault;
        comparison.change = Change::undecided;
        comparison.operations.reset();
        comparison.fault = request_.design.name() + ": " + error.what();
    }
}

void Gate::report_faults(const std::vector<Comparison>& comparisons) {
    for (const Comparison& one : comparisons)
        if (!one.fault.empty())
            observer_.fault({one.after == Verdict::fault ? report_.design : report_.base, one.world,
                             one.property, one.fault});
}

// What the order of steps has to do with it, and where a reviewer should look.
void Gate::tell_decision(const Trace& trace, const CheckRun& run, Comparison& comparison) const {
    const DesignText& design = run.design();
    const auto place = [&](const TraceStep& step) {
        return place_of(step, design, request_.selection);
    };
    std::vector<unsigned> preferred;
    const auto decision = find_decision(trace, run.program(), design);
    if (decision) {
        preferred = {decision->later, decision->earlier};
        preferred.insert(preferred.end(), decision->essential.rbegin(), decision->essential.rend());
        comparison.decides = decision->text;
    }
    comparison.place = essential_place(trace, preferred, design, request_.selection);
    if (decision) {
        const DesignPlace later = place(trace.steps[decision->later - 1]);
        comparison.other = comparison.place == later ? place(trace.steps[decision->earlier - 1]) : later;
    }
    for (std::size_t i = 0; i < trace.steps.size(); ++i)
        comparison.flow.push_back(
            {place(trace.steps[i]), trace.steps[i].thread, what_it_does(trace.steps[i]),
             decision && std::find(decision->essential.begin(), decision->essential.end(), i + 1) !=
                             decision->essential.end()});
}

RunOptions Gate::options_in(const World& world) const {
    return {{request_.depth.value_or(world.depth), request_.concurrency}, {}};
}

// Of worlds that both have explored to their bound, with all that they may start.
void Gate::compare_effects(const CheckRun& base, const CheckRun& design, const World& world,
                           std::vector<Comparison>& comparisons) const {
    for (const CheckRun* run : {&base, &design})
        if (run->explorer() == nullptr || run->explorer()->misled() ||
            (!run->explorer()->exhausted() &&
             run->explorer()->depth() < static_cast<int>(options_in(world).bounds.depth)))
            return;
    const auto effects_of = [](const CheckRun& run) {
        std::map<std::string, bool> effects;
        const std::vector<bool> known = have_effect(*run.explorer());
        for (std::size_t i = 0; i < known.size(); ++i)
            effects[to_text(run.explorer()->program().operations[i].item)] |= known[i];
        return effects;
    };
    const auto after = effects_of(design);
    std::string lost;
    for (const auto& [operation, has_effect] : effects_of(base))
        if (const auto now = after.find(operation);
            has_effect && now != after.end() && !now->second)
            lost += (lost.empty() ? "" : ", ") + operation;
    if (lost.empty()) return;
    Comparison comparison;
    comparison.world = world.name;
    comparison.property = effects_name;
    comparison.before = Verdict::holds;
    comparison.after = Verdict::violated;
    comparison.change = Change::worse;
    comparison.waiver = waiver_of(comparison.property);
    comparison.story = lost + " never changes anything, after up to " +
                       plural(options_in(world).bounds.depth, "operation") + "; in " +
                       report_.base + " it does";
    comparison.place = report_.own_place;
    comparisons.push_back(std::move(comparison));
}

void Gate::explore_worlds() {
    struct Compared {
        GateWorld world;
        std::vector<Comparison> comparisons;
    };
    const PropertySet& properties = request_.selection.properties;
    std::vector<Compared> compared(worlds_.size());
    const Shares shares = shares_of(request_.threads, compared.size());
    const auto work = [&](std::size_t i) {
        const World& world = worlds_[i];
        const RunOptions options = options_in(world);
        const Clock::time_point begin = Clock::now();
        CheckRun base(request_.base, properties, true, world, options, &budget_.usage());
        CheckRun design(request_.design, properties, true, world, options, &budget_.usage());
        const bool same_program = base.share(design);
        design.begin(shares.threads_each);
        if (!same_program) base.begin(shares.threads_each);
        explore(design);
        explore(base);
        compared[i] = {{world.name, options.bounds.depth, base.states(), design.states(),
                        !base.wants_more() && !design.wants_more(),
                        same_program && base.shares(design),
                        base.waited_for_frame() || design.waited_for_frame(), 0},
                       compare(base, design, world)};
        if (request_.asks_for_effects && !compared[i].world.same_program)
            compare_effects(base, design, world, compared[i].comparisons);
        compared[i].world.seconds = seconds_since(begin);
    };
    const auto conclude = [&](std::size_t i) {
        report_.worlds.push_back(compared[i].world);
        report_faults(compared[i].comparisons);
        for (Comparison& one : compared[i].comparisons)
            report_.comparisons.push_back(std::move(one));
    };
    in_order(compared.size(), compared.size(), shares.at_a_time, work, conclude);
}

void Gate::judge_expectations() {
    const DesignText& text = request_.design;
    for (const ast::Expectation& expected : text.design().expectations) {
        ExpectationResult result;
        result.property = expected.property;
        result.expects_violated = expected.violated;
        for (const auto& world : expected.worlds)
            result.where += (result.where.empty() ? "" : ", ") + world.name;
        result.waiver = waiver_of(expected.property);
        result.place = place_of(expected.span, text, request_.selection);
        judge(expected, spoken_of(report_, text.design(), expected), request_.all_worlds, result);
        report_.expectations.push_back(std::move(result));
    }
}

GateReport Gate::run() {
    {
        const InterruptGuard guard(budget_.stop());
        explore_worlds();
    }
    report_.paths = compare_costs(costs_of(library_, request_.base),
                                  costs_of(library_, request_.design));
    judge_expectations();
    report_.stop_text = budget_.text();
    report_.seconds = seconds_since(begin_);
    return std::move(report_);
}

}  // namespace

GateReport gate(const Library& library, const GateRequest& request, Observer& observer,
                const TraceSink& sink) {
    return Gate(library, request, observer, sink).run();
}

std::optional<std::string> with_new_expectations(const GateRequest& request, GateReport& report) {
    const ast::Design& design = request.design.design();
    std::vector<NewExpectation> lines;
    const auto add = [&](std::optional<std::size_t> replaces, const ExpectationResult& result) {
        const bool violated = *result.violated;
        lines.push_back({replaces, result.property, violated,
                         violated ? "world " + result.world + ": " + result.story
                                  : "no violation in any world"});
    };
    for (std::size_t i = 0; i < report.expectations.size(); ++i)
        if (report.expectations[i].differs()) add(i, report.expectations[i]);
    for (const Comparison& one : report.comparisons) {
        const auto about = [&](const auto& line) { return line.property == one.property; };
        if (one.property == assertions_name || one.property == counting_name ||
            one.property == effects_name ||
            std::any_of(design.expectations.begin(), design.expectations.end(), about) ||
            std::any_of(lines.begin(), lines.end(), about))
            continue;
        ExpectationResult result;
        result.property = one.property;
        const ast::Expectation anything{{}, false, one.property, {}, {}};
        judge(anything, spoken_of(report, design, anything), request.all_worlds, result);
        if (result.violated) add({}, result);
    }
    if (lines.empty()) return std::nullopt;
    for (ExpectationResult& expectation : report.expectations)
        if (expectation.violated) expectation.expects_violated = *expectation.violated;
    return with_expectations(design, request.design.chain.front()->file->text, lines);
}

}  // namespace cowcheck
