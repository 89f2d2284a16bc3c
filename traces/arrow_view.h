// Who names which frame, as a picture of a state draws it.
#pragma once

#include "traces/view.h"

#include <string>
#include <vector>

namespace cowcheck {

struct Arrow {
    std::string from;  // "parent.pte[1]", "parent.pmd", "pin0", "cpu0.tlb[1]"
    std::string page;  // "B"
    std::string how;   // "pte", "pmd", "migration", "swap", "spte", "pin", "tlb", "lru_batch"

    friend bool operator==(const Arrow&, const Arrow&) = default;
};

// `view` is that of the state.
[[nodiscard]] std::vector<Arrow> arrows(const Program& program, const State& state,
                                        const View& view);

}  // namespace cowcheck
