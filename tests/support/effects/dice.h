// Numbers that are the same for the same seed, where half the time would go into those of
// tests/support/random.h (xorshift64*, Vigna 2016).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cowcheck::test {

class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_(seed * 2 + 1) {}

    // A number below n.
    unsigned below(std::size_t n) {
        state_ ^= state_ >> 12U;
        state_ ^= state_ << 25U;
        state_ ^= state_ >> 27U;
        const std::uint64_t high = (state_ * 0x2545f4914f6cdd1dU) >> 32U;
        return static_cast<unsigned>((high * n) >> 32U);
    }
    template <class T>
    const T& one_of(const std::vector<T>& items) {
        return items[below(items.size())];
    }

private:
    std::uint64_t state_;
};

}  // namespace cowcheck::test
