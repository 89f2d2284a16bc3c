// What an engine explores: a program, how its states are packed, which of them are one, and what
// may come next. An engine asks for nothing else of the model.
#pragma once

#include "checker/symbolic/branches.h"
#include "checker/system/canonical.h"
#include "checker/system/packing.h"

#include <chrono>
#include <memory>

namespace cowcheck {

class TransitionSystem {
public:
    // `program` must outlive it. `concurrency` operations may be in flight at once, 0: any number.
    // States that differ in names only are one if `symmetry` says so and the properties allow it.
    // Throws std::invalid_argument if the states are too large to pack.
    TransitionSystem(const Program& program, unsigned concurrency, bool symmetry,
                     std::chrono::milliseconds solver_timeout);

    [[nodiscard]] const Program& program() const { return program_; }
    [[nodiscard]] const Packing& packing() const { return packing_; }
    [[nodiscard]] const Canonical& canonical() const { return canonical_; }
    [[nodiscard]] unsigned concurrency() const { return concurrency_; }
    [[nodiscard]] bool symmetry() const { return symmetry_; }
    // In worlds with references from outside; else nullptr. One thread at a time.
    [[nodiscard]] Outside* outside() const { return outside_.get(); }

    // The state's representative, which it becomes.
    [[nodiscard]] PackedState pack(State& state) const {
        if (symmetry_) canonical_.normalize(state);
        return packing_.pack(state);
    }

    // What the exploration does not remember of the state any more, without renaming it.
    void forget(State& state) const {
        if (symmetry_) canonical_.forget(state);
    }

    // Calls found(action, result, successor) for each transition of an operation under way, ...
    template <class Found>
    Expanded expand_steps(const State& state, Found&& found) const {
        return cowcheck::expand_steps(program_, state, outside_.get(), found);
    }
    // ... and for each that starts one. Returns whether one could not for want of a frame.
    template <class Found>
    bool expand_starts(const State& state, Found&& found) const {
        return cowcheck::expand_starts(program_, state, concurrency_, outside_.get(), found);
    }

private:
    const Program& program_;
    Packing packing_;
    Canonical canonical_;
    unsigned concurrency_;
    bool symmetry_;
    std::unique_ptr<Outside> outside_;
};

}  // namespace cowcheck
