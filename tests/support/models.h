// Designs and worlds by name, compiled, and explorations of them, for the tests of
// what the models say.
#pragma once

#include "checker/explore/explorer.h"
#include "model/compile/join.h"
#include "model/library.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cowcheck::test {

// Sanitizers make an exploration many times slower: tests look less deep then.
inline const bool sanitized = !std::string_view(COWCHECK_SANITIZER).empty();
// Likewise a build that is not optimised.
#ifdef NDEBUG
inline const bool slow_build = sanitized;
#else
inline const bool slow_build = true;
#endif

// The built-in library, parsed once for all tests.
Library& builtin_library();

// The built-in designs, in the order of history.
inline const std::vector<std::string> all_designs{"v5.7", "v5.8", "v5.9", "v5.12", "v5.19", "v6.2"};

// `world` is the name of a built-in world, or the text of one.
World world_of(const std::string& world);

// Compiled; the test fails with the diagnostics if that is not possible. What the world's menus
// name and the design's kernel has not got is left out of them.
Program compiled(const std::string& design, const std::string& world, bool joined = false);

// A design's text that is not in the library, compiled; nothing if it, or what it
// extends, has errors. The text lives as long as the tests do.
std::optional<Program> try_compile(const std::string& design_text, const World& world,
                                   Diagnostics& out, const CompileOptions& options = {});
// The same design with all it extends.
std::optional<DesignText> try_parse(const std::string& design_text, Diagnostics& out);

// When a property is first violated: operations, then transitions (steps, if
// nothing was joined).
using Cost = std::pair<unsigned, unsigned>;

struct Verdicts {
    std::map<std::string, Cost> violated;
    std::uint64_t states = 0;
    std::uint64_t transitions = 0;
    bool exhausted = false;
    bool misled = false;  // Explorer::misled(), and nothing more was explored
    int depth = -1;

    [[nodiscard]] bool holds(const std::string& property) const {
        return !violated.contains(property);
    }
    // Operations of the shortest violation; 0 if there is none.
    [[nodiscard]] unsigned operations(const std::string& property) const {
        const auto found = violated.find(property);
        return found == violated.end() ? 0 : found->second.first;
    }
    [[nodiscard]] std::map<std::string, unsigned> operations() const;
};

std::string property_name(const Program& program, unsigned property);

// Down to `depth`, or until no new state appears.
Verdicts explore(const Program& program, unsigned depth, ExploreOptions options = {});

}  // namespace cowcheck::test
