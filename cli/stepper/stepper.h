// A trace, step by step, by commands: cowcheck replay TRACE --step.
#pragma once

#include "cli/stepper/screen.h"

namespace cowcheck {

struct StepperContext {
    const Trace& trace;
    const Program& program;
    const PropertySet& properties;
};

// Reads commands from stdin until they end. On a terminal a mistake is told and
// forgiven; in a script it throws BadInput.
void run_stepper(const StepperContext& context);

}  // namespace cowcheck
