// The canonical form of a state: one representative of all states that differ
// only in which of several interchangeable things is which. See
// docs/internals-canonical-form.md for what is interchangeable and the proof.
#pragma once

#include "model/machine/program.h"

#include <array>
#include <cstdint>
#include <vector>

namespace cowcheck {

class Canonical {
  public:
    explicit Canonical(const Program &program);

    // Replaces the state by its representative: ghost data that nobody can ask for
    // any more forgotten, same-role threads and pins in order, frames numbered by
    // first use. Two states get the same representative if and only if a renaming
    // of threads, pins, processes and frames maps one to the other, apart from such
    // ghost data.
    void normalize(State &state) const;

    // Renaming, for tests and for reading traces: new number of each old one.
    struct Renaming {
        std::vector<std::uint8_t> threads;
        std::vector<std::uint8_t> pins;
        std::vector<std::uint8_t> frames; // all frames; the zeropage keeps its number
        std::vector<std::uint8_t> mms;
    };
    void rename(State &state, const Renaming &renaming) const;

    // All renamings of threads, pins and processes that the world permits; frames
    // are left as they are.
    [[nodiscard]] const std::vector<Renaming> &renamings() const { return renamings_; }

  private:
    using FrameMap = std::array<std::uint8_t, 16>;
    // What a thread or pin looks like apart from names; equal keys may be swapped.
    struct Keys {
        std::array<std::uint64_t, Limits::threads> threads{};
        std::array<std::uint16_t, Limits::pins> pins{};
    };

    void forget_dead_ghosts(State &state) const;
    [[nodiscard]] Keys keys_of(const State &state) const;
    [[nodiscard]] bool is_sorted(const Keys &keys, const Renaming &renaming) const;

    void name_frames(State &state) const;
    [[nodiscard]] bool all_free_from(const State &state, unsigned first) const;
    void rename_frames(State &state, const FrameMap &to) const;
    void permute(const State &from, const Renaming &renaming, State &to) const;
    void permute_threads(const State &from, const Renaming &renaming, State &to) const;
    void permute_ghosts(const Renaming &renaming, State &to) const;
    // Calls visit(word, shift) for every valid frame number in the state, in the
    // order that names frames.
    template <class S, class Visit> void each_frame(S &state, Visit &&visit) const;

    const Program &p_;
    std::vector<Renaming> renamings_;
    std::vector<Renaming> inverse_;
    bool alike_processes_ = false; // some renaming swaps processes
    std::vector<std::uint8_t> keyed_;      // threads with another CPU of the same process
    std::vector<std::uint8_t> neighbours_; // those whose predecessor is such a CPU
    // By pc: which bits of a thread's words are no names of frames, pins, processes.
    std::vector<std::array<std::uint16_t, 5>> nameless_;
};

} // namespace cowcheck
