#include "verify/gate/compare.h"

#include "traces/trace.h"

namespace cowcheck {

namespace {

Change change_of(Verdict before, Verdict after) {
    if (is_open(before) || is_open(after)) return Change::undecided;
    const bool was = before == Verdict::violated;
    const bool is = after == Verdict::violated;
    if (after == Verdict::not_applicable) return Change::same;
    return was == is ? Change::same : is ? Change::worse : Change::better;
}

// Of counts, only that one is wrong is a result.
bool is_right_count(const PropertyResult& result) {
    return result.property == counting_name && result.verdict == Verdict::not_applicable;
}

Verdict verdict_of(const PropertyResult* result) {
    if (result == nullptr) return Verdict::not_applicable;
    return is_right_count(*result) ? Verdict::holds : result->verdict;
}

std::optional<std::size_t> place_of(const RunResult& run, const std::string& property) {
    for (std::size_t i = 0; i < run.properties.size(); ++i)
        if (run.properties[i].property == property) return i;
    return std::nullopt;
}

std::optional<unsigned> operations_in(const Conclusion& conclusion,
                                      const std::optional<std::size_t>& place) {
    return place ? conclusion.operations[*place] : std::nullopt;
}

}  // namespace

bool is_open(Verdict verdict) {
    return verdict == Verdict::incomplete || verdict == Verdict::fault;
}

Conclusion conclusion_of(CheckRun& run) {
    Conclusion conclusion;
    std::vector<std::size_t> ignored;
    run.conclude(conclusion.result, ignored);
    for (std::size_t i = 0; i < conclusion.result.properties.size(); ++i) {
        const Violation* violation = run.violation_of(i);
        conclusion.operations.push_back(
            violation == nullptr ? std::nullopt : std::optional(violation->operations));
    }
    return conclusion;
}

std::vector<Comparison> compare_verdicts(const Judged& base, const Judged& design) {
    std::vector<Comparison> comparisons;
    const RunResult& before = base.conclusion.result;
    const RunResult& after = design.conclusion.result;
    for (std::size_t place = 0; place < after.properties.size(); ++place) {
        const PropertyResult& now = after.properties[place];
        const auto then_at = place_of(before, now.property);
        const PropertyResult* then = then_at ? &before.properties[*then_at] : nullptr;
        if (is_right_count(now) && then != nullptr && is_right_count(*then)) continue;
        Comparison one;
        one.property = now.property;
        one.cost = now.cost;
        one.before = verdict_of(then);
        one.after = verdict_of(&now);
        if (one.before == Verdict::not_applicable && one.after == Verdict::not_applicable) continue;
        one.change = change_of(one.before, one.after);
        if (one.before == Verdict::fault)
            one.fault = base.design + ": " + then->fault;
        else if (one.after == Verdict::fault)
            one.fault = design.design + ": " + now.fault;
        one.operations_before = operations_in(base.conclusion, then_at);
        one.operations = operations_in(design.conclusion, place);
        one.place_in_results = place;
        comparisons.push_back(std::move(one));
    }
    return comparisons;
}

}  // namespace cowcheck
