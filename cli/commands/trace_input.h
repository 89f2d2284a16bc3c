// A trace from a file, and what it is about: what replay and explain begin with.
#pragma once

#include "cli/options/values.h"
#include "traces/replay.h"
#include "verify/run/selection.h"

#include <string>

namespace cowcheck {

struct LoadedTrace {
    Trace trace;
    Library library;
    DesignText design;
    Program program;
    ReplayResult result;
};

// TRACE, and files that it needs, or another design or world to try it on.
struct TypedTrace {
    Typed trace, output, designs, worlds, properties;
};
void declare(CLI::App& app, TypedTrace& typed);

// What is to be read, and where what is told of it goes: a file, or stdout if it is empty. Throws
// BadInput, with the name of the command.
struct AskedTrace {
    std::string path;
    std::string output;
    Named named;
};
[[nodiscard]] AskedTrace read(const TypedTrace& typed, const std::string& command);

// Throws BadInput. The design and the world are those the trace names, unless others are.
[[nodiscard]] LoadedTrace load_trace(const AskedTrace& asked);

// The page that plays it, and opens at that step.
[[nodiscard]] std::string player_page(const LoadedTrace& loaded, const AskedTrace& asked,
                                      unsigned at);

// Prints the text, or writes it where it was asked for.
void put(const AskedTrace& asked, const std::string& text);

}  // namespace cowcheck
