// From a schedule that the explorer found to a trace that people can read.
#pragma once

#include "model/compile/compile.h"
#include "model/machine/actions.h"
#include "traces/trace.h"

#include <span>
#include <string_view>

namespace cowcheck {

// The bounds of an exploration: operations started, and in flight (0: no bound).
struct TraceBounds {
    unsigned depth = 0;
    unsigned concurrency = 0;
};

// Describes what was checked. `property` is a name, or assertion_name. The paths
// of files that are not built in are the caller's to add.
[[nodiscard]] TraceHeader make_header(const DesignText& design, const World& world,
                                      std::string_view world_text, const PropertySet& properties,
                                      std::string_view property, TraceBounds bounds);

// A trace that replays, told again: as it would be written now.
[[nodiscard]] Trace record_again(const Trace& trace, const Program& program,
                                 const PropertySet& properties);

// Executes the actions from the start state, one atomic step each, up to the
// first one after which the header's property is violated. Throws
// std::invalid_argument if a step is not possible. `properties` are those of the program: what
// they say of a violation is told.
[[nodiscard]] Trace record(const Program& program, TraceHeader header,
                           std::span<const Action> actions, const PropertySet& properties);

}  // namespace cowcheck
