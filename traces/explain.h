// One sentence on how a property is violated: the values and counts involved.
#pragma once

#include "model/compile/compile.h"
#include "traces/runner.h"

namespace cowcheck {

// `last` is what the last step did, and the runner stands behind it; `bit` is the
// property's, as property_bit() gives it. The words are the property's own.
[[nodiscard]] std::string explain(const Runner& runner, const Outcome& last, std::uint32_t bit,
                                  const PropertySet& properties);

}  // namespace cowcheck
