// What a state takes, for whoever has one that is too large.
#pragma once

#include "model/state/state.h"

#include <array>
#include <string>

namespace cowcheck {

// What the elements of a scope take together, and the largest of them, in bits.
struct ScopeSize {
    unsigned all = 0;
    unsigned most = 0;
};
using ScopeSizes = std::array<ScopeSize, scope_count>;

// Whole words, as a State has them.
[[nodiscard]] ScopeSizes sizes_in_words(const Layout& layout);

[[nodiscard]] unsigned total(const ScopeSizes& sizes);

// A table, the largest first, with what a world could have less of; each line begins with
// `indent`.
[[nodiscard]] std::string size_table(const Layout& layout, const ScopeSizes& sizes,
                                     const std::string& indent);

}  // namespace cowcheck
