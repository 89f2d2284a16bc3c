// A property's expression with the value of each part.
#pragma once

#include "model/compile/probes.h"
#include "traces/runner.h"

#include <span>

namespace cowcheck {

struct PropertyPart {
    unsigned depth = 0;
    std::string text;
    std::string value;      // "yes", "3", "A"
    bool looked_at = true;  // false: what stands before it has decided already

    friend bool operator==(const PropertyPart&, const PropertyPart&) = default;
};

// One clause, for one choice of what it is about.
struct PropertyInstance {
    std::string about;    // "always, pin0"; "at dma_read, pin0"
    bool happens = true;  // false: how it would be if the event came now
    bool sometimes = false;
    bool holds = true;
    std::vector<PropertyPart> parts;  // [0] is the whole
    bool at_event = false;
    // Of one that is violated: what the property says of it; what it was worth, without such words.
    std::string told;
};

class PropertyView {
public:
    PropertyView(const Program& program, const PropertySet& properties, std::string_view name);

    // In the state that the runner stands in, which the outcome's step has led to.
    [[nodiscard]] std::vector<PropertyInstance> look(const Runner& runner,
                                                     const Outcome& outcome) const;

private:
    struct Moment;

    [[nodiscard]] std::vector<Moment> moments(const Probe& probe, const Runner& runner,
                                              const Outcome& outcome) const;
    [[nodiscard]] PropertyInstance look_at(const Probe& probe, const Moment& moment,
                                           const Runner& runner, const Outcome& outcome) const;
    [[nodiscard]] unsigned evaluate(const Moment& moment, unsigned entry, std::uint8_t reg) const;

    Probes probes_;
};

}  // namespace cowcheck
