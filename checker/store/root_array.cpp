#include "checker/store/root_array.h"

#include <algorithm>
#include <limits>
#include <new>

namespace cowcheck {

namespace {

// Bits for all numbers that a block can refer to if `count` components exist
// when it begins.
std::uint16_t field_bits(std::uint64_t count) {
    constexpr std::uint64_t largest = std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint16_t>(
        std::bit_width(std::min(count + RootArray::block_pairs, largest)));
}

}  // namespace

void RootArray::make_room(Root root, std::uint64_t lefts, std::uint64_t rights) {
    if ((size_ & (block_pairs - 1)) == 0 && blocks_.size() == size_ >> block_bits) [[unlikely]]
        begin_block(lefts, rights);
    const Block& block = blocks_.back();
    // Can only happen to a caller who goes on after memory was used up.
    if ((root.left & ~mask(block.left_bits)) != 0 || (root.right & ~mask(block.right_bits)) != 0)
        throw std::bad_alloc();
    // Reading and writing a pair touches nine bytes.
    memory_.use(place_of(block, size_).byte + sizeof(std::uint64_t) + 1);
}

void RootArray::begin_block(std::uint64_t lefts, std::uint64_t rights) {
    Block block;
    if (!blocks_.empty()) {
        const Block& last = blocks_.back();
        const std::uint64_t start = std::uint64_t{last.start} + last.left_bits + last.right_bits;
        if (start > std::numeric_limits<std::uint32_t>::max()) throw std::bad_alloc();
        block.start = static_cast<std::uint32_t>(start);
    }
    block.left_bits = field_bits(lefts);
    block.right_bits = field_bits(rights);
    blocks_.push_back(block);
}

void RootArray::save(ByteSink& sink) const {
    put(sink, size_);
    put_all(sink, blocks_);
    put(sink, std::uint64_t{memory_.used()});
    sink.write({memory_.data(), memory_.used()});
}

void RootArray::load(ByteSource& source) {
    const auto size = take<std::uint64_t>(source);
    blocks_ = take_all<Block>(source);
    // After a std::bad_alloc, a block may have begun that has no pair yet.
    const std::uint64_t full = (size + block_pairs - 1) >> block_bits;
    require_stored(size_ == 0 && (blocks_.size() == full || blocks_.size() == full + 1),
                   "an array of states has other blocks than states");
    const auto used = take<std::uint64_t>(source);
    memory_.use(used);
    source.read({memory_.data(), used});
    size_ = size;
}

void RootArray::append(Root root) noexcept {
    const Block& block = blocks_.back();
    const Place place = place_of(block, size_);
    const std::uint64_t bits =
        std::uint64_t{root.left} | (std::uint64_t{root.right} << block.left_bits);
    std::byte* const start = memory_.data() + place.byte;
    std::uint64_t word = 0;
    std::memcpy(&word, start, sizeof word);
    word |= bits << place.shift;  // the bits behind the last pair are zero
    std::memcpy(start, &word, sizeof word);
    const std::uint64_t rest = (bits >> 1) >> (63 - place.shift);
    start[sizeof word] |= static_cast<std::byte>(rest);
    ++size_;
}

}  // namespace cowcheck
