// A random system: a design, a world, properties and how many operations may be in flight.
#pragma once

#include "model/compile/same_program.h"
#include "model/library.h"
#include "tests/support/random_changes.h"
#include "tests/support/random_worlds.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cowcheck::test {

struct System {
    std::uint64_t seed = 0;
    std::string base;                   // the design that is changed
    std::vector<HandlerText> handlers;  // what is changed in it
    WorldDraft world;
    std::vector<std::string> builtin;  // names of properties
    std::vector<std::string> own;      // texts of properties
    unsigned concurrency = 2;          // 0: no bound

    [[nodiscard]] std::string design_text() const;
    [[nodiscard]] std::string world_text() const { return world.text(); }
    [[nodiscard]] std::string property_text() const;
};

// Parsed. What its parts point to lives as long as it does.
struct Parsed {
    std::optional<DesignText> design;
    std::optional<World> world;
    PropertySet properties;
};

// What can be parsed once for all systems.
class Source {
public:
    // `wild`: properties ask for what the language does not define, too.
    explicit Source(bool wild = false);

    // Nothing if the texts have errors; `complaints` are what is wrong then.
    [[nodiscard]] std::unique_ptr<Parsed> parse(const System& system,
                                                Diagnostics& complaints) const;
    // The same seed gives the same system.
    [[nodiscard]] System random_system(std::uint64_t seed,
                                       const std::vector<std::string>& features) const;

    [[nodiscard]] const Library& library() const { return library_; }

private:
    [[nodiscard]] std::optional<Program> compiled(const System& system) const;
    void change(Random& random, System& system, const Program& plain) const;
    void add_properties(Random& random, System& system) const;

    Diagnostics complaints_;
    Library library_;
    std::vector<std::string> designs_;
    std::vector<std::string> properties_;
    Vocabulary vocabulary_;
    bool wild_;
};

}  // namespace cowcheck::test
