// What one design does differently from another, as a diff of their texts.
#pragma once

#include "model/compile/design_text.h"

#include <string>
#include <vector>

namespace cowcheck {

// A handler or predicate that has another text in the later design.
struct DesignChange {
    std::string name;    // "fault write", "do_wp_page"
    std::string before;  // its text; empty if there was none
    std::string after;
};

// What differs in the named handlers, in what they call and in the predicates that they
// use, in this order. Names as traces have them: "fault write", "gup_fast".
[[nodiscard]] std::vector<DesignChange> changes_between(const DesignText& before,
                                                        const DesignText& after,
                                                        const std::vector<std::string>& handlers);

// Lines with ' ', '-' or '+' in front; what is the same far from a change is left out.
[[nodiscard]] std::string diff_of(const DesignChange& change);

}  // namespace cowcheck
