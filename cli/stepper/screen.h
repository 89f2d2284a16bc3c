// What the stepper shows of the point where it stands. Plain text says with signs
// what colours say on a terminal: `->` for another value, `+` and `-` for a flag that
// was set or cleared, `=>` for the statement that comes next.
#pragma once

#include "cli/stepper/paint.h"
#include "traces/property_view.h"
#include "traces/walk.h"

#include <cstdint>
#include <string>

namespace cowcheck {

struct Scene {
    const Walk& walk;
    const PropertyView& property;
    std::string property_name;
    std::uint32_t property_bit = 0;
    Paint paint{false};
};

// The step that led here: who, what, where, what changed.
[[nodiscard]] std::string step_screen(const Scene& scene);
// Every thread that runs, in its design's text, with so many lines before and behind its own.
[[nodiscard]] std::string source_screen(const Scene& scene, unsigned context = 2);
// Page tables, frames, TLBs, pins and locks; with `ghosts` also what no kernel knows; without
// `unchanged` only what the step has changed.
[[nodiscard]] std::string state_screen(const Scene& scene, bool ghosts, bool unchanged = true);
// The property; `some`: the parts of what is false or has moved.
enum class PropertyParts : std::uint8_t { none, some, all };
[[nodiscard]] std::string property_screen(const Scene& scene, PropertyParts parts);
// Rows and columns that there are; no columns: as many as are needed.
struct Room {
    unsigned columns = 0;
    unsigned rows = 0;
};
// Step, source, state and property, with as much detail as there is room for.
[[nodiscard]] std::string view_screen(const Scene& scene, Room room);
// Every field of everything that exists, one a line.
[[nodiscard]] std::string fields_screen(const Scene& scene);
// What could be done here, by number from 1 on.
[[nodiscard]] std::string choices_screen(const Scene& scene);
// The steps that are known, one line each.
[[nodiscard]] std::string steps_screen(const Scene& scene);

}  // namespace cowcheck
