// A state without its unused bits: what is stored and compared. Processes with their page
// tables, frames with pins and TLBs, and threads pack separately, since they vary
// independently; see docs/internals-visited-set.md.
#pragma once

#include "checker/store/visited_set.h"
#include "model/machine/program.h"

#include <array>
#include <cstdint>
#include <string>

namespace cowcheck {

class Packing {
public:
    explicit Packing(const Program& program);

    // Exact: unpack(pack(s)) == s for every state of the program.
    [[nodiscard]] PackedState pack(const State& state) const;
    void unpack(const PackedState& packed, State& state) const;

    // Of the numbers that a state's parts have, those that another state has, too.
    [[nodiscard]] PartNumbers shared_parts(const PackedState& state, PartNumbers numbers,
                                           const PackedState& other) const;

    [[nodiscard]] unsigned words() const { return words_; }
    [[nodiscard]] unsigned left_words() const { return left_words_; }
    // Where a packed state falls into parts that vary independently: processes and page
    // tables; pages, pins and TLBs; threads.
    [[nodiscard]] VisitedSet::Split split() const { return {words_, left_words_, first_words_}; }
    // Whether a state of this program fits into a PackedState at all.
    [[nodiscard]] bool fits() const { return words_ <= PackedState::max_words; }

private:
    // Four state words become `bits` bits at bit `shift` of packed word `word`.
    struct Group {
        std::uint64_t mask = 0;
        std::uint8_t bits = 0;
        std::uint8_t word = 0;
        std::uint8_t shift = 0;
    };

    unsigned add_groups(unsigned from, unsigned to, unsigned first_word,
                        const std::array<std::uint16_t, State::max_words + 4>& masks);

    std::array<Group, State::max_words / 4> groups_{};
    unsigned count_ = 0;
    unsigned words_ = 0;
    unsigned left_words_ = 0;
    unsigned first_words_ = 0;  // 0: there is no room to begin a new word for the pages
    bool bmi2_ = false;
};

// Says so of a program whose states do not fit, with what takes how many bits.
[[nodiscard]] std::string too_large_to_store(const Program& program);

}  // namespace cowcheck
