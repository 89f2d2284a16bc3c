// The locals of handlers, under the names that the design's text gives them. In
// the machine they are bits of a thread, and locals that are never live together
// share bits; here each has its name back.
#pragma once

#include "model/machine/program.h"

#include <map>
#include <string>
#include <vector>

namespace cowcheck::promela {

struct LocalVariable {
    std::string name;  // "orig"; a member of thread[]
    unsigned bits = 0;
};

class Locals {
public:
    explicit Locals(const Program& program);

    [[nodiscard]] const std::vector<LocalVariable>& variables() const { return variables_; }

    // The variable that the load_local or store_local at this address is about.
    // Nothing for a store that nobody ever looks at, and for op_va.
    [[nodiscard]] const LocalVariable* at(std::size_t address) const;

    // Those that keep a value while a thread rests here, by number of the rest.
    [[nodiscard]] const std::vector<unsigned>& live(unsigned rest) const { return live_[rest]; }

    // Whether a thread can come to rest here at all.
    [[nodiscard]] bool reached(unsigned rest) const { return reached_[rest]; }

    // The variable with the frame that Rest::frames describes.
    struct Frame {
        unsigned variable = 0;
        bool pte = false;  // the variable is a PTE value
    };
    [[nodiscard]] std::vector<Frame> frames(unsigned rest) const;

private:
    friend class Webs;

    const Program& p_;
    std::vector<LocalVariable> variables_;
    std::map<std::size_t, unsigned> at_;
    std::vector<std::vector<unsigned>> live_;
    std::vector<bool> reached_;
    // By rest: place of each live variable, parallel to live_.
    std::vector<std::vector<std::pair<unsigned, unsigned>>> places_;
};

}  // namespace cowcheck::promela
