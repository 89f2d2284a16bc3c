// A witness taken at its word: the numbers that a solver has come up with, put into the design's
// own text by other means than those by which the question was asked.
#pragma once

#include "checker/prove/setting.h"

#include <map>
#include <string>

namespace cowcheck::prove {

// What everything is that a condition may look at.
struct Numbers64 {
    PlainCounts counts;
    unsigned bits = 0;  // numbers start from 0 again above these; 0: never
    // By the text that stands for it; true is 1. What is missing is 0.
    std::map<std::string, std::int64_t> values;
};

// Whether the condition is true of `page` (the name in its text).
[[nodiscard]] bool evaluate(const DesignText& design, const ast::Expr& condition,
                            const std::string& page, const Numbers64& numbers);

// In what a witness against the guard is none, as a sentence without its end; nothing if it is
// one: its counts are the sums of its references, all that is known on the way to the guard is so,
// and the guard says what it should not.
[[nodiscard]] std::string why_not_so(const Setting& setting, Subject subject,
                                     const Witness& witness);

}  // namespace cowcheck::prove
