// Small random worlds of every feature and several together.
#pragma once

#include "model/world.h"
#include "tests/support/random.h"

#include <optional>
#include <string>
#include <vector>

namespace cowcheck::test {

// A world in pieces that can be left out one by one.
struct WorldDraft {
    struct Process {
        std::string name;
        bool starts_free = false;
        unsigned cpus = 1;
        std::vector<std::string> lines;  // what it maps
        std::vector<std::string> menu;
    };
    struct Service {
        std::string name;
        std::vector<std::string> menu;
    };

    std::vector<std::string> settings;
    std::vector<Process> processes;
    std::vector<Service> services;

    [[nodiscard]] std::string text() const;
};

// Whatever can be asked for: operations, memory, settings.
[[nodiscard]] std::vector<std::string> feature_names();

// A world that the front end accepts. It has all of `features`, as far as they go together.
[[nodiscard]] WorldDraft wide_world(Random& random, const std::vector<std::string>& features = {});

// Nothing if it has errors.
[[nodiscard]] std::optional<World> try_world(const std::string& text);

}  // namespace cowcheck::test
