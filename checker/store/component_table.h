// Interns one half of the states: every distinct item is stored once, for good,
// and known by its number 0, 1, 2, ... in order of first appearance.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "checker/store/bucket_index.h"
#include "checker/store/huge_memory.h"
#include "checker/store/prefetch.h"
#include "checker/store/snapshot.h"

namespace cowcheck {

class ComponentTable {
public:
    // The largest number of items; numbers fit 32 bits.
    static constexpr std::uint64_t max_items = (std::uint64_t{1} << 32) - 1;

    // Items have `words` (1..7) 64-bit words. The items get `reserve_bytes` of
    // address space, the index takes its memory from `pool`, which must outlive
    // the table. Throws std::bad_alloc.
    ComponentTable(unsigned words, ExtentPool& pool, std::size_t reserve_bytes);

    // A batch of look-ups goes through three stages, so that the memory which
    // one stage needs is on its way while the others of the batch are served:
    // begin(), guess(), then intern() for each. Probe k is for the item that stands at
    // first[which[k] * stride], in words, or at first[k * stride] if `which` is empty.
    struct Probe {
        std::uint64_t hash = 0;
        std::uint64_t guess = BucketIndex::none;
    };
    void begin(const std::uint64_t* first, std::size_t stride, std::span<const std::uint8_t> which,
               std::span<Probe> probes) const;
    void guess(std::span<Probe> probes) const;

    // The number of the item, which is stored if it is new. Throws
    // std::bad_alloc if there is no room; the table is then as before.
    [[nodiscard]] std::uint32_t intern(const std::uint64_t* item, const Probe& probe) {
        if (probe.guess != BucketIndex::none && holds(probe.guess, item)) [[likely]]
            return static_cast<std::uint32_t>(probe.guess);
        return intern_slowly(item, probe.hash);
    }

    // The number of an item, if it is stored.
    [[nodiscard]] std::optional<std::uint32_t> find(const std::uint64_t* item) const;

    // Asks for the memory of an item.
    void prefetch(std::uint64_t number) const {
        const std::uint64_t* const start = item_at(number);
        prefetch_line(start);
        prefetch_line(start + words_ - 1);
    }

    // Copies item `number` (< size()) to `to`.
    void read(std::uint64_t number, std::uint64_t* to) const {
        std::memcpy(to, item_at(number), words_ * sizeof(std::uint64_t));
    }

    [[nodiscard]] std::uint64_t size() const { return size_; }

    // Bytes of resident pages, without what the index has from the pool.
    [[nodiscard]] std::size_t bytes() const { return memory_.resident_bytes() + index_.bytes(); }

    void save(ByteSink& sink) const;
    // Into an empty table for items of as many words.
    void load(ByteSource& source);

    // For BucketIndex, when it grows.
    [[nodiscard]] std::uint64_t hash(std::uint64_t number) const;

private:
    [[nodiscard]] const std::uint64_t* item_at(std::uint64_t number) const {
        const void* const start = memory_.data();
        return static_cast<const std::uint64_t*>(start) + number * words_;
    }

    [[nodiscard]] bool holds(std::uint64_t number, const std::uint64_t* item) const {
        const std::uint64_t* const stored = item_at(number);
        std::uint64_t difference = 0;
        for (unsigned i = 0; i < words_; ++i) difference |= stored[i] ^ item[i];
        return difference == 0;
    }

    [[nodiscard]] std::uint32_t intern_slowly(const std::uint64_t* item, std::uint64_t hash);

    unsigned words_;
    std::uint64_t size_ = 0;
    HugeMemory memory_;
    BucketIndex index_;
};

}  // namespace cowcheck
