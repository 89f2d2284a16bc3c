// Left halves of states, which are all but what threads are at, that a check has found clean: most
// states have one that was checked before.
#pragma once

#include "checker/store/prefetch.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cowcheck {

// Forgets those that it likes. What the check says must go by the left half and by which
// processes some thread works on, and by nothing else.
class CheckedGlobals {
public:
    CheckedGlobals() : keys_(std::size_t{1} << slot_bits, none) {}

    // `left` is the half's number in the one set that all are from; processes are bits.
    [[nodiscard]] static std::uint64_t key(std::uint32_t left, unsigned busy) {
        return (std::uint64_t{left} << 8U) | busy;
    }
    void prefetch(std::uint64_t key) const { prefetch_line(&keys_[slot_of(key)]); }
    [[nodiscard]] bool has(std::uint64_t key) const { return keys_[slot_of(key)] == key; }
    void add(std::uint64_t key) { keys_[slot_of(key)] = key; }

    [[nodiscard]] std::size_t bytes() const { return keys_.size() * sizeof(std::uint64_t); }

private:
    static constexpr unsigned slot_bits = 16;
    static constexpr std::uint64_t none = ~std::uint64_t{0};

    [[nodiscard]] static std::size_t slot_of(std::uint64_t key) {
        return static_cast<std::size_t>((key * 0x9e3779b97f4a7c15U) >> (64U - slot_bits));
    }

    std::vector<std::uint64_t> keys_;
};

}  // namespace cowcheck
