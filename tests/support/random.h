// Numbers that are the same for the same seed, for generators of random inputs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace cowcheck::test {

using Random = std::mt19937_64;

// A number below n.
inline unsigned below(Random& random, std::size_t n) { return static_cast<unsigned>(random() % n); }

// True so many times of a hundred.
inline bool chance(Random& random, unsigned of_hundred) { return below(random, 100) < of_hundred; }

template <class T>
const T& one_of(Random& random, const std::vector<T>& items) {
    return items[below(random, items.size())];
}

}  // namespace cowcheck::test
