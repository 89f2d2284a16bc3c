// Pairs of component numbers in order of insertion, in as few bits as they
// need: blocks of 4096 pairs, each with field widths of its own, which suffice
// because a block of n pairs can refer to at most n components that are new.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "checker/store/huge_memory.h"
#include "checker/store/prefetch.h"
#include "checker/store/snapshot.h"

namespace cowcheck {

static_assert(std::endian::native == std::endian::little, "bit fields are read as words");

struct Root {
    std::uint32_t left = 0;
    std::uint32_t right = 0;
    bool operator==(const Root&) const = default;
};

class RootArray {
public:
    static constexpr unsigned block_bits = 12;
    static constexpr std::uint64_t block_pairs = std::uint64_t{1} << block_bits;

    // Throws std::bad_alloc.
    explicit RootArray(std::size_t reserve_bytes) : memory_(reserve_bytes) {}

    // Makes sure that append(root) has room, where so far `lefts` and `rights`
    // components exist (used when a block begins). Throws std::bad_alloc if
    // memory is used up or the root does not fit the fields.
    void make_room(Root root, std::uint64_t lefts, std::uint64_t rights);

    // After make_room().
    void append(Root root) noexcept;

    // The pair at `index` (< size()).
    [[nodiscard]] Root operator[](std::uint64_t index) const {
        const Block& block = blocks_[index >> block_bits];
        const Place place = place_of(block, index);
        std::uint64_t word = 0;
        std::memcpy(&word, memory_.data() + place.byte, sizeof word);
        const auto next = std::to_integer<std::uint64_t>(memory_.data()[place.byte + sizeof word]);
        // A pair of up to 64 bits that begins at bit 1..7 ends in the ninth byte.
        const std::uint64_t bits = (word >> place.shift) | ((next << 1) << (63 - place.shift));
        return Root{static_cast<std::uint32_t>(bits & mask(block.left_bits)),
                    static_cast<std::uint32_t>((bits >> block.left_bits) & mask(block.right_bits))};
    }

    // Asks for the memory of the pair at `index`.
    void prefetch(std::uint64_t index) const {
        const Place place = place_of(blocks_[index >> block_bits], index);
        prefetch_line(memory_.data() + place.byte);
        prefetch_line(memory_.data() + place.byte + sizeof(std::uint64_t));
    }

    [[nodiscard]] std::uint64_t size() const { return size_; }

    void save(ByteSink& sink) const;
    // Into an empty array.
    void load(ByteSource& source);

    // Bytes of resident pages.
    [[nodiscard]] std::size_t bytes() const {
        return memory_.resident_bytes() + blocks_.capacity() * sizeof(Block);
    }

private:
    // A block is `left_bits + right_bits` times 512 bytes.
    static constexpr std::size_t unit_bytes = block_pairs / 8;

    struct Block {
        std::uint32_t start = 0;  // in units
        std::uint16_t left_bits = 0;
        std::uint16_t right_bits = 0;
    };

    struct Place {
        std::size_t byte;
        unsigned shift;  // from there, in bits
    };

    [[nodiscard]] static std::uint64_t mask(unsigned bits) {
        return (std::uint64_t{1} << bits) - 1;
    }

    [[nodiscard]] static Place place_of(const Block& block, std::uint64_t index) {
        const std::uint64_t width = std::uint64_t{block.left_bits} + block.right_bits;
        const std::uint64_t bit = (index & (block_pairs - 1)) * width;
        return Place{block.start * unit_bytes + bit / 8, static_cast<unsigned>(bit % 8)};
    }

    void begin_block(std::uint64_t lefts, std::uint64_t rights);

    HugeMemory memory_;
    std::vector<Block> blocks_;
    std::uint64_t size_ = 0;
};

}  // namespace cowcheck
