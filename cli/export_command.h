// `cowcheck export`: a design in a world as a model for somebody else's checker.
#pragma once

#include "cli/options.h"

namespace cowcheck {

// Returns the exit status. Throws BadInput.
[[nodiscard]] int export_model(const ExportCommandOptions& options);

}  // namespace cowcheck
