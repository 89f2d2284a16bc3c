// What is over as soon as it starts: such operations change only the left half of a state, which
// is all but what threads are at, and go by it and by who is idle. So what they made of a left
// half is looked up when other states have it.
#pragma once

#include "checker/store/prefetch.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace cowcheck {

// Forgets what it likes. Left halves are known by their numbers in the one set that all are from.
class OneStepMemo {
public:
    OneStepMemo() : slots_(std::size_t{1} << first_slot_bits) {}

    // Threads that run and processes that one of them works on, as bits.
    [[nodiscard]] static std::uint64_t key(std::uint32_t left, unsigned running, unsigned busy) {
        return (std::uint64_t{left} << 32U) | (running << 8U) | busy;
    }
    void prefetch(std::uint64_t key) const { prefetch_line(&slots_[slot_of(key)]); }

    struct Outcome {
        std::uint32_t transitions = 0;         // those that change nothing included
        std::span<const std::uint32_t> lefts;  // what the others make of the left half
    };
    // Valid until the next put().
    [[nodiscard]] std::optional<Outcome> find(std::uint64_t key) const {
        const Slot& slot = slots_[slot_of(key)];
        if (slot.key != key) return std::nullopt;
        return Outcome{slot.transitions, std::span(lefts_).subspan(slot.begin, slot.count)};
    }
    void put(std::uint64_t key, const Outcome& outcome);

    [[nodiscard]] std::size_t bytes() const {
        return slots_.capacity() * sizeof(Slot) + lefts_.capacity() * sizeof(std::uint32_t);
    }

private:
    static constexpr std::uint64_t free_key = ~std::uint64_t{0};
    static constexpr unsigned first_slot_bits = 10;
    static constexpr unsigned most_slot_bits = 19;
    static constexpr std::size_t most_lefts = std::size_t{1} << 21U;

    struct Slot {
        std::uint64_t key = free_key;
        std::uint32_t begin = 0;
        std::uint16_t count = 0;
        std::uint16_t transitions = 0;
    };

    [[nodiscard]] std::size_t slot_of(std::uint64_t key) const {
        return static_cast<std::size_t>((key * 0x9e3779b97f4a7c15U) >> shift_);
    }
    void grow();

    std::vector<Slot> slots_;
    unsigned shift_ = 64 - first_slot_bits;
    std::size_t used_ = 0;
    std::vector<std::uint32_t> lefts_;
};

}  // namespace cowcheck
