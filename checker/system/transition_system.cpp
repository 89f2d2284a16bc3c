#include "checker/system/transition_system.h"

#include <stdexcept>

namespace cowcheck {

TransitionSystem::TransitionSystem(const Program& program, unsigned concurrency, bool symmetry,
                                   std::chrono::milliseconds solver_timeout)
    : program_(program), packing_(program), canonical_(program), concurrency_(concurrency),
      symmetry_(symmetry && program.asked.no_renaming.empty()) {
    if (!packing_.fits()) throw std::invalid_argument(too_large_to_store(program));
    if (program.world.has_outside()) outside_ = std::make_unique<Outside>(program, solver_timeout);
}

}  // namespace cowcheck
