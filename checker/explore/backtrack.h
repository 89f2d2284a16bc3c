// From a violation back to the start: states are stored without the way that led to them.
#pragma once

#include "checker/explore/partition.h"
#include "checker/explore/violation.h"
#include "checker/system/transition_system.h"

#include <memory>
#include <span>

namespace cowcheck {

// A shortest schedule. Throws LostSchedule if what was stored leads nowhere: then the exploration
// is wrong.
[[nodiscard]] FoundSchedule find_schedule(const TransitionSystem& system,
                                          std::span<const std::unique_ptr<Partition>> partitions,
                                          const Violation& violation);

}  // namespace cowcheck
