#include "verify/selftest/selftest.h"

#include "verify/program/conditions.h"
#include "verify/run/bad_input.h"

#include <algorithm>

namespace cowcheck {

namespace {

using What = SelftestResult::What;

// More than any shipped test needs, by far.
constexpr std::uint64_t max_states = 2'000'000;

What what_of(ProgramFailure::What what) {
    switch (what) {
    case ProgramFailure::What::asserts: return What::asserts;
    case ProgramFailure::What::stuck: return What::stuck;
    case ProgramFailure::What::condition: break;
    }
    return What::fails;
}

// What the search for a failure has found.
void take_failure(const ProgramPlan& plan, const ProgramText& text, const ProgramRun& run,
                  SelftestResult& result) {
    if (!run.failure) return;
    result.what = what_of(run.failure->what);
    result.failed_at = plan.actions[run.failure->action].text;
    result.steps = steps_of(run.failure->schedule);
    result.schedule = story_of(plan.program, run.failure->schedule);
    result.fault = why_not_so(plan, text, *run.failure);
}

// Where no failure is found, what should exist must.
void look_for_all(const ProgramPlan& plan, const ProgramText& text,
                  const ProgramConditions& conditions, SelftestResult& result) {
    using Word = ProgramCondition::Word;
    const bool wants = std::any_of(text.conditions.begin(), text.conditions.end(),
                                   [](const auto& one) { return one.word == Word::exists; });
    if (result.what != What::passes || !wants) return;
    const ProgramRun run = run_program(plan, {max_states, {}, {}});
    result.states = run.states;
    if (run.limited) result.what = What::limit;
    for (std::size_t i = 0; i < conditions.size() && result.what == What::passes; ++i) {
        if (text.conditions[i].word != Word::exists) continue;
        if (std::any_of(run.outcomes.begin(), run.outcomes.end(),
                        [&](const auto& outcome) { return conditions.is_so(i, outcome.seen); }))
            continue;
        result.what = What::never;
        result.failed_at = text.conditions[i].text;
    }
}

SelftestResult run_test(const DesignText& design, const LoadedProgram& program,
                        const ProgramStart& start) {
    const ProgramText& text = program.text;
    SelftestResult result;
    result.test = &text;
    if (start.memory != nullptr) {
        result.memory = start.memory->name;
        result.hugetlb = start.memory->hugetlb;
    }
    if (const auto absent = not_applicable(design, text, start); !absent.empty()) {
        const Absent& first = absent.front();
        result.skipped = "no " + to_text(first.item) + (first.why.empty() ? "" : ": " + first.why);
        return result;
    }
    Diagnostics out;
    const auto plan = plan_program(design, text, start, out);
    if (!plan || !out.empty())
        throw BadInput("design '" + design.name() + "' in selftest " + text.name + "\n" +
                       to_text(out));
    const ProgramConditions conditions(text, *plan, out);
    if (!out.empty()) throw BadInput("selftest " + text.name + "\n" + to_text(out));
    const ProgramRun run = run_program(
        *plan,
        {max_states, [&](const SeenAll& seen) { return conditions.broken(seen); }, {}});
    result.states = run.states;
    if (run.limited) result.what = What::limit;
    take_failure(*plan, text, run, result);
    look_for_all(*plan, text, conditions, result);
    return result;
}

}  // namespace

std::string why_not_so(const ProgramPlan& plan, const ProgramText& text,
                       const ProgramFailure& failure) {
    const auto again = follow(plan, failure.schedule);
    if (!again) return "a step of its schedule is not possible";
    Diagnostics out;
    const ProgramConditions conditions(text, plan, out);
    const auto broken = conditions.broken(again->so_far);
    bool shows = false;
    switch (failure.what) {
    case ProgramFailure::What::condition: shows = broken == failure.condition; break;
    case ProgramFailure::What::asserts: shows = again->asserts; break;
    case ProgramFailure::What::stuck: shows = again->unfinished != 0 && !again->goes_on; break;
    }
    if (shows) return {};
    return "its steps are all possible, and what they should show does not happen";
}

bool SelftestReport::ok() const {
    return std::all_of(results.begin(), results.end(), [](const SelftestResult& result) {
        return result.ok() || !result.skipped.empty();
    });
}

SelftestReport selftest(const std::vector<LoadedProgram>& programs, const DesignText& design) {
    SelftestReport report{design.name(), {}};
    for (const LoadedProgram& program : programs) {
        if (program.text.memories.empty())
            report.results.push_back(run_test(design, program, program.start()));
        for (const ProgramMemory& memory : program_memories())
            if (memory.group == program.text.memories)
                report.results.push_back(run_test(design, program, {&memory, nullptr}));
    }
    return report;
}

}  // namespace cowcheck
