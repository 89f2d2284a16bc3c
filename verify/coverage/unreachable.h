// `# unreachable: REASON` in a design: why coverage may miss something there.
#pragma once

#include "model/language/ast.h"

#include <string>
#include <vector>

namespace cowcheck {

// The comment stands behind a statement or right above it, and speaks for that statement
// and all within; above a handler, for the whole handler.
struct Unreachable {
    unsigned line = 0;  // of the comment
    std::string reason;
    std::vector<SourceSpan> statements;
};

// Those in one file of the design. Throws BadInput if one gives no reason, or stands where there is
// nothing to explain.
[[nodiscard]] std::vector<Unreachable> find_unreachable(const SourceFile& file,
                                                        const ast::Design& design);

}  // namespace cowcheck
