#include "checker/explore/findings.h"

#include <bit>

namespace cowcheck {

void Findings::note(const Program& program, std::uint32_t properties, Violation where) {
    for (; properties != 0; properties &= properties - 1) {
        where.property = static_cast<unsigned>(std::countr_zero(properties));
        const bool must_be_reached = where.property < program.properties.size() &&
                                     program.properties[where.property].sometimes;
        auto& first = must_be_reached ? reached_at[where.property] : found[where.property];
        if (must_be_reached) {
            const std::uint32_t bit = 1U << where.property;
            if ((reached & bit) != 0 && !first) continue;  // in an earlier level
            reached |= bit;
        }
        if (!first || comes_before(where, *first)) first = where;
    }
}

}  // namespace cowcheck
