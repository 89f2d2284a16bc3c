#include "verify/ablate/report.h"

#include "verify/run/status.h"

#include <algorithm>
#include <array>

namespace cowcheck {

std::string_view name_of(Fate fate) {
    static constexpr std::array<std::string_view, 6> names{
        "needed", "same program", "equivalent", "unnoticed", "undecided", "refused"};
    return names[static_cast<std::size_t>(fate)];
}

std::size_t AblateReport::count(Fate fate) const {
    return static_cast<std::size_t>(
        std::count_if(results.begin(), results.end(), [&](const ChangeResult& one) {
            return one.judgement.fate == fate;
        }));
}

std::optional<double> AblateReport::rate(bool marks) const {
    const std::size_t needed = count(Fate::needed);
    const std::size_t all =
        needed + count(Fate::unnoticed) + (marks ? 0 : count(Fate::equivalent));
    if (all == 0) return std::nullopt;
    return static_cast<double>(needed) / static_cast<double>(all);
}

int AblateReport::exit_status() const {
    if (std::any_of(results.begin(), results.end(),
                    [](const ChangeResult& one) { return one.judgement.fault; }))
        return ExitStatus::fault;
    if (count(Fate::unnoticed) > 0) return ExitStatus::violation;
    const bool open = count(Fate::undecided) > 0 || !stop_text.empty();
    return open ? ExitStatus::stopped : ExitStatus::no_violation;
}

}  // namespace cowcheck
