// Designs against properties: one column a design, one row a property.
#pragma once

#include "verify/run/results.h"

#include <string>
#include <vector>

namespace cowcheck {

struct MatrixStyle {
    unsigned width = 100;
    bool colour = false;
    bool running = false;  // a verdict that is not there yet is a dot, not a question mark
};

// The lines of the matrix; one matrix for each world, in parts where it is too wide.
[[nodiscard]] std::vector<std::string> matrix_lines(const CheckResults& results,
                                                    const MatrixStyle& style);

// What the marks mean that occur in it.
[[nodiscard]] std::vector<std::string> legend_lines(const CheckResults& results);

}  // namespace cowcheck
