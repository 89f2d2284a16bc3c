// What is where in a state, and what may stand there.
#pragma once

#include "model/isa/effects.h"
#include "model/machine/program.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace cowcheck::test {

struct Bits {
    Field field = Field::life;  // unless it is a local
    bool local = false;
    unsigned element = 0;
    unsigned word = 0;
    std::uint16_t mask = 0;
    std::uint8_t shift = 0;
    Scope scope = Scope::mm;
    [[nodiscard]] FieldSet set() const { return local ? locals_bit : fields(field); }
    // Of another thread than the one that runs.
    [[nodiscard]] bool is_of_others(unsigned thread) const {
        return scope == Scope::thread && element != thread;
    }
};

// All places of a state of one layout.
class Places {
public:
    explicit Places(const Layout& layout);  // which must outlive it

    [[nodiscard]] const std::vector<Bits>& all() const { return all_; }
    [[nodiscard]] const std::vector<Bits>& of(Scope scope) const {
        return of_scope_[static_cast<std::size_t>(scope)];
    }

    struct Difference {
        FieldSet own = 0;
        FieldSet others = 0;  // of other threads
        FieldSet freed = 0;   // of pages that the other state has free
    };
    // Where two states are different, but for these bits.
    [[nodiscard]] Difference difference(const State& one, const State& other, unsigned thread,
                                        const Bits* but = nullptr) const;

    template <class Visit>
    void each_of_word(unsigned word, Visit&& visit) const {
        for (const std::size_t i : of_word_[word]) visit(all_[i]);
    }

private:
    void add(const Bits& bits);

    const Layout& layout_;
    std::vector<Bits> all_;
    std::array<std::vector<Bits>, scope_count> of_scope_;
    std::vector<std::vector<std::size_t>> of_word_;
};

// Whether the frames that locals name are there, and no half of a THP is one of another.
[[nodiscard]] bool is_state(const Program& program, const State& state);
// Makes locals name frames that are there.
void mend_frames(const Program& program, State& state);

inline void put(State& state, const Bits& bits, unsigned value) {
    auto& word = state.words[bits.word];
    word = static_cast<std::uint16_t>((word & ~bits.mask) | ((value << bits.shift) & bits.mask));
}
[[nodiscard]] inline unsigned value_in(const State& state, const Bits& bits) {
    return (unsigned{state.words[bits.word]} & bits.mask) >> bits.shift;
}

}  // namespace cowcheck::test
