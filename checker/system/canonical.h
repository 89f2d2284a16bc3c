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
    explicit Canonical(const Program& program);

    // Replaces the state by its representative: ghost data that nobody can ask for
    // (at all, or any more) forgotten, same-role threads and pins in order, frames numbered by
    // first use. Two states get the same representative if and only if a renaming
    // of threads, pins, processes and frames maps one to the other, apart from such
    // ghost data.
    void normalize(State& state) const;
    // The first part of it alone: what is asked no more is forgotten, and names stay.
    void forget(State& state) const;

    // Threads (bits by number) on which to start an operation is the same as on the one before
    // but for names: both are idle CPUs of a process, with the same TLB.
    [[nodiscard]] unsigned repeated_cpus(const State& state) const {
        unsigned repeated = 0;
        for (const unsigned t : neighbours_)
            repeated |= unsigned{is_same_cpu(state, t - 1U, t)} << t;
        return repeated;
    }

    // Renaming, for tests and for reading traces: new number of each old one.
    struct Renaming {
        std::vector<std::uint8_t> threads;
        std::vector<std::uint8_t> pins;
        std::vector<std::uint8_t> frames;  // all frames; the zeropage keeps its number
        std::vector<std::uint8_t> mms;
    };
    void rename(State& state, const Renaming& renaming) const;

    // All renamings of threads, pins and processes that the world permits; frames
    // are left as they are.
    [[nodiscard]] const std::vector<Renaming>& renamings() const { return renamings_; }

private:
    // The new number of each frame; the last stands for whatever has none.
    static constexpr unsigned no_frame = 16;
    using FrameMap = std::array<std::uint8_t, no_frame + 1>;
    // A word outside the threads that holds a frame's number, if it has one of the bits `some` and
    // none of `none`.
    struct FrameSlot {
        std::uint8_t word = 0;
        std::uint8_t shift = 0;
        std::uint16_t some = 0;
        std::uint16_t none = 0;
        std::uint16_t reader = 0;    // who reads the frame by way of it; bits like Field::entitled
        bool of_page_table = false;  // leads to both halves of a THP

        // Without a branch: what is in a state is hard to predict.
        [[nodiscard]] unsigned frame(const State& state) const {
            const unsigned value = state.words[word];
            return (value & some) != 0 && (value & none) == 0
                       ? (value >> shift) & unsigned{PteBit::frame_mask}
                       : no_frame;
        }
    };
    // What a thread or pin looks like apart from names; equal keys may be swapped.
    struct Keys {
        std::array<std::uint64_t, Limits::threads> threads{};
        std::array<std::uint16_t, Limits::pins> pins{};
    };

    // The frames that a state points to, in the order that names frames; `no_frame` where
    // it points to none.
    struct Pointers {
        static constexpr unsigned most = State::max_words + Limits::threads * 6;
        std::array<std::uint8_t, most> frames;  // not set beyond `count`
        unsigned count = 0;

        void add(unsigned frame) { frames[count++] = static_cast<std::uint8_t>(frame); }
    };
    // Who reads each frame, by number; bits like Field::entitled.
    using Readers = std::array<std::uint16_t, no_frame + 1>;

    // dead_ghosts.cpp; `pointers` are found on the way.
    void forget_unread_ghosts(State& state) const;
    void forget_dead_ghosts(State& state, Pointers& pointers) const;
    [[nodiscard]] bool look(const State& state, Pointers& pointers, Readers& readers) const;
    template <class Visit>
    void each_running(const State& state, Visit&& visit) const;
    void add_entries(const State& state, Readers& readers) const;
    void add_other_halves(const State& state, Readers& readers) const;
    void add_fixed(Readers& readers) const;
    [[nodiscard]] bool find_swap_readers();
    void add_children(const State& state, Readers& readers) const;
    void forget(State& state, const Readers& readers) const;
    [[nodiscard]] Keys keys_of(const State& state) const;
    [[nodiscard]] int order_of_cpus(const State& state, const Keys& keys, unsigned a,
                                    unsigned b) const;
    [[nodiscard]] int order_of_pins(const Keys& keys, unsigned a, unsigned b) const;
    [[nodiscard]] bool is_in_order(const State& state, const Keys& keys) const;
    [[nodiscard]] bool is_sorted(const State& state, const Keys& keys, const Renaming& from) const;
    [[nodiscard]] bool is_same_cpu(const State& state, unsigned a, unsigned b) const;

    [[nodiscard]] Pointers pointers_of(const State& state) const;
    void name_frames(State& state, const Pointers& pointers) const;
    [[nodiscard]] bool all_free_from(const State& state, unsigned first) const;
    void rename_frames(State& state, const FrameMap& to) const;
    void permute(const State& from, const Renaming& renaming, State& to) const;
    void permute_threads(const State& from, const Renaming& renaming, State& to) const;
    void permute_ghosts(const Renaming& renaming, State& to) const;
    // Calls visit(word, shift, frame) for every place of a frame number in the state, in the
    // order that names frames; `no_frame` where there is none.
    template <class S, class Visit>
    void each_frame(S& state, Visit&& visit) const;

    [[nodiscard]] FrameSlot slot_of(const WayRow& row, unsigned index) const;
    void find_slots();
    [[nodiscard]] std::vector<std::uint16_t> read_bits() const;

    const Program& p_;
    std::vector<std::uint16_t> read_;  // by word, the bits that are no unread ghosts; empty: all
    FrameMap unnamed_{};               // frames are to be named; the zeropage and the like are
    std::vector<FrameSlot> slots_;     // in the order that names frames
    std::vector<FrameSlot> unnamed_slots_;  // are not renamed, but read; there are none
    std::vector<Renaming> renamings_;
    std::vector<Renaming> inverse_;
    bool keeps_pin_mm_ = true;         // it is no ghost that nobody reads
    bool forgets_ = true;              // content that nobody can come to read any more
    std::vector<bool> asks_for_swap_;  // by pc: the handler may; empty: there is no swap
    // By set of processes: their bits of Field::expected.
    std::array<std::uint16_t, std::size_t{1} << Limits::processes> expects_{};
    bool alike_processes_ = false;          // some renaming swaps processes
    std::vector<std::uint8_t> keyed_;       // threads with another CPU of the same process
    std::vector<std::uint8_t> neighbours_;  // those whose predecessor is such a CPU
    // By pc: which bits of a thread's words are no names of frames, pins, processes.
    std::vector<std::array<std::uint16_t, 5>> nameless_;
};

}  // namespace cowcheck
