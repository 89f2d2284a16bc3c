#include "verify/coverage/unreachable.h"

namespace cowcheck {

std::vector<Unreachable> find_unreachable(const SourceFile& file, const ast::Design& design) {
    constexpr std::string_view keyword = "unreachable";
    std::vector<Unreachable> found = find_marks(keyword, file, design);
    for (const Unreachable& one : found)
        if (one.statements.empty()) complain_of_mark(keyword, file, one);
    return found;
}

}  // namespace cowcheck
