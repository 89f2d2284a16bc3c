// `# unreachable: REASON` in a design: why coverage may miss something there.
#pragma once

#include "verify/run/marks.h"

#include <vector>

namespace cowcheck {

// It speaks for a statement and all within; above a handler, for the whole handler.
using Unreachable = Mark;

// Those in one file of the design. Throws BadInput if one gives no reason, or stands where there is
// nothing to explain.
[[nodiscard]] std::vector<Unreachable> find_unreachable(const SourceFile& file,
                                                        const ast::Design& design);

}  // namespace cowcheck
