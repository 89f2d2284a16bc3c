// What an ablation has found.
#pragma once

#include "verify/ablate/report.h"

#include <cstddef>
#include <string>

namespace cowcheck {

// Nothing that is needed is listed one by one unless `lists`; 0: lines are as long as they are.
struct AblateTextStyle {
    std::size_t width = 80;
    bool lists = true;
};

[[nodiscard]] std::string ablate_text(const AblateReport& report, const AblateTextStyle& style);
[[nodiscard]] std::string ablate_json(const AblateReport& report);  // docs/ablate.schema.json
[[nodiscard]] std::string ablate_markdown(const AblateReport& report);

// In the same words in all formats: "53 of 60 wrong changes are noticed (88 %), ...".
[[nodiscard]] std::string ablate_summary(const AblateReport& report);
// What became of it, without the change: "breaks rw_pin_matches_mapping in tiny, ...".
[[nodiscard]] std::string fate_text(const ChangeResult& result);
// "88 %"; "-" for nothing.
[[nodiscard]] std::string percent_text(const std::optional<double>& rate);

}  // namespace cowcheck
