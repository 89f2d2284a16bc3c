// Options as they were typed, and what they say. Each reader throws BadInput with the option's
// name, what was expected and what was given.
#pragma once

#include "verify/run/bad_input.h"
#include "verify/run/bounds.h"
#include "verify/run/selection.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cowcheck {

// One value for each time that an option was given.
using Typed = std::vector<std::string>;

inline constexpr unsigned max_depth = 255;
inline constexpr unsigned max_concurrency = 64;
inline constexpr unsigned max_threads = 256;

// Declares an option, or an argument, that takes one value each time.
void declare(CLI::App& app, const std::string& name, Typed& values);

// The value; null if it was not given. It may be given once.
[[nodiscard]] const std::string* single(std::string_view option, const Typed& values);
void require_words(std::string_view option, const Typed& values);
// As single(), and no empty one.
[[nodiscard]] std::string word_or(std::string_view option, const Typed& values,
                                  std::string otherwise);

[[nodiscard]] unsigned read_depth(const Typed& values, unsigned otherwise, unsigned least = 0);
[[nodiscard]] std::optional<unsigned> read_depth(const Typed& values);
// 0: any number.
[[nodiscard]] unsigned read_concurrency(const Typed& values, unsigned otherwise);
// One a CPU, if none are asked for.
[[nodiscard]] unsigned read_threads(const Typed& values);
[[nodiscard]] std::chrono::milliseconds read_solver_timeout(const Typed& values);

template <class Choice>
[[nodiscard]] Choice one_of(std::string_view option, const Typed& values, Choice otherwise,
                            std::initializer_list<std::pair<std::string_view, Choice>> choices) {
    const std::string* text = single(option, values);
    if (text == nullptr) return otherwise;
    std::string expected;
    for (const auto& [name, value] : choices) {
        if (*text == name) return value;
        expected += (expected.empty() ? "" : ", ") + std::string(name);
    }
    throw BadInput(std::string(option) + ": expected one of " + expected + ", got '" + *text + "'");
}

// --max-states, --max-memory, --max-time.
struct TypedLimits {
    Typed states, memory, time;
};
void declare(CLI::App& app, TypedLimits& typed);
[[nodiscard]] StopLimits read(const TypedLimits& typed);

// What goes for many worlds at once: gate, coverage.
struct TypedBounds {
    Typed worlds, also_worlds, properties, depth, concurrency, threads;
    TypedLimits limits;
};
void declare(CLI::App& app, TypedBounds& typed);
// The worlds and properties that are meant: what is named with --world, or all; what is named with
// --also-world and --property comes in addition.
void name_all(const Library& library, const TypedBounds& typed, Named& named);

}  // namespace cowcheck
