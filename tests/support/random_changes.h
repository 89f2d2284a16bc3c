// Random wrong changes of designs: statements that move, and tokens that are others.
#pragma once

#include "model/library.h"
#include "tests/support/random.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace cowcheck::test {

// One handler that a design has in force, with those it extends; or one that is changed.
struct HandlerText {
    std::string head;  // "handler do_wp_page"
    std::vector<std::string> lines;

    [[nodiscard]] std::string text() const;
};

// All that are the design's own; those of the hardware are nobody's to change.
[[nodiscard]] std::vector<HandlerText> handlers_of(const DesignText& design);

// Those that the operations run, and what they call; by names alone.
[[nodiscard]] std::vector<HandlerText> reachable(const std::vector<HandlerText>& handlers,
                                                 const std::set<std::string>& operations);

// What texts are made of: from which a token is replaced by another one of its kind.
class Vocabulary {
public:
    void learn(const HandlerText& handler);

    // One mistake in the handler. Most don't compile; that is for the caller to see.
    void change(Random& random, HandlerText& handler) const;

private:
    friend class TokenChange;

    std::map<std::string, std::set<std::string>> fields_;  // by what they are a field of
    std::map<unsigned, std::set<std::string>> handlers_;   // by the number of arguments
    std::set<std::string> flags_;                          // in records
    std::vector<std::string> tokens_;                      // all, as often as they stand there
};

}  // namespace cowcheck::test
