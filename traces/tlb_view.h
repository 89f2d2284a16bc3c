// TLB entries that say something else than the page table does.
#pragma once

#include "model/machine/program.h"

#include <string>
#include <vector>

namespace cowcheck {

struct StaleEntry {
    std::string element;  // "cpu0.tlb[1]", as a view calls it
    std::string why;      // "the page table maps page C", "the PTE is not writable"

    friend bool operator==(const StaleEntry&, const StaleEntry&) = default;
};

// An entry of which a flush was not necessary is none of them: that the PTE permits more.
[[nodiscard]] std::vector<StaleEntry> stale_entries(const Program& program, const State& state);

}  // namespace cowcheck
