#include "verify/run/estimate.h"

#include <algorithm>
#include <cmath>

namespace cowcheck {

namespace {

double growth(const GrowthSoFar& run, std::size_t level) {
    return static_cast<double>(run.level_states[level]) /
           static_cast<double>(std::max<std::uint64_t>(1, run.level_states[level - 1]));
}

struct Range {
    double low = 0;
    double high = 0;
};

// By how much growth changes from the level before to this one: what other runs have
// seen there, or else what this run has seen last.
Range change_at(const std::vector<GrowthSoFar>& runs, const GrowthSoFar& run, std::size_t level) {
    Range change{1e9, 0};
    for (const GrowthSoFar& other : runs)
        if (other.level_states.size() > level && level >= 2) {
            const double seen = growth(other, level) / growth(other, level - 1);
            change = {std::min(change.low, seen), std::max(change.high, seen)};
        }
    if (change.high > 0) return {change.low * 0.95, change.high * 1.05};
    const std::size_t known = run.level_states.size();
    const double own = known < 3 ? 0.7 : growth(run, known - 1) / growth(run, known - 2);
    return {std::min(own, 0.95) * 0.9, std::clamp(own * 1.1, 0.9, 1.1)};
}

// States of one run at the bound.
Range at_bound(const std::vector<GrowthSoFar>& runs, const GrowthSoFar& run, unsigned depth) {
    double done = 0;
    for (const std::uint64_t states : run.level_states) done += static_cast<double>(states);
    Range total{done, done};
    const std::size_t known = run.level_states.size();
    if (run.exhausted || known > depth) return total;
    const double last_growth = growth(run, known - 1);
    Range factor{last_growth, last_growth};
    Range fresh{static_cast<double>(run.level_states.back()),
                static_cast<double>(run.level_states.back())};
    for (std::size_t level = known; level <= depth; ++level) {
        const Range change = change_at(runs, run, level);
        factor = {factor.low * change.low, factor.high * change.high};
        fresh = {fresh.low * factor.low, fresh.high * factor.high};
        if (level == known) {
            const auto begun = static_cast<double>(run.begun);
            fresh = {std::max(fresh.low, begun), std::max(fresh.high, begun)};
        }
        total = {total.low + fresh.low, total.high + fresh.high};
    }
    return total;
}

}  // namespace

std::optional<Estimate> estimate_states(const std::vector<GrowthSoFar>& runs, unsigned depth) {
    Estimate sum;
    for (const GrowthSoFar& run : runs) {
        if (!run.exhausted && run.level_states.size() < 4) return std::nullopt;
        const Range total = at_bound(runs, run, depth);
        sum.low += total.low;
        sum.high += total.high;
    }
    // A guess that says nothing is better not made.
    if (runs.empty() || !std::isfinite(sum.high) || sum.high > 10 * sum.low) return std::nullopt;
    return sum;
}

}  // namespace cowcheck
