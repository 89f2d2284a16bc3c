// Pairs of a design and a world that nothing is said about, since the design's kernel has not got
// what the world's menus name.
#pragma once

#include "model/compile/applicable.h"
#include "model/library.h"

#include <optional>
#include <string>
#include <vector>

namespace cowcheck {

struct LeftOut {
    std::string design;
    std::string world;
    std::string operation;  // "gup(read, pin)"
    std::string why;        // "FOLL_PIN came with v5.6"; may be empty
};

// Whether a design and a world are such a pair.
[[nodiscard]] std::optional<LeftOut> left_out(const DesignText& design, const World& world);

// For those who go through many: one line for each reason, with its designs and worlds.
[[nodiscard]] std::vector<std::string> left_out_lines(const std::vector<LeftOut>& all);

// For those who were asked for this very pair, or have nothing else. Throws BadInput.
[[noreturn]] void refuse(const Library& library, const DesignText& design, const World& world);

}  // namespace cowcheck
