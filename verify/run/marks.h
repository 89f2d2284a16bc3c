// `# unreachable: REASON` and `# equivalent: REASON` in a design: what a command would complain of
// there, and need not.
#pragma once

#include "model/language/ast.h"

#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

// The comment stands behind a statement or right above it; above a handler, it may speak for all
// of it.
struct Mark {
    unsigned line = 0;    // of the comment
    unsigned target = 0;  // of what it speaks about
    std::string reason;
    std::vector<SourceSpan> statements;  // those of that line, or of that handler, and all within
};

// Those in one file of the design that begin with the word. Throws BadInput if one gives no reason.
[[nodiscard]] std::vector<Mark> find_marks(std::string_view keyword, const SourceFile& file,
                                           const ast::Design& design);

// Throws BadInput: there is nothing to explain.
[[noreturn]] void complain_of_mark(std::string_view keyword, const SourceFile& file,
                                   const Mark& mark);

}  // namespace cowcheck
