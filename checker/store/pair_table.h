// Each pair of component numbers once, in order of insertion, found by its hash: the
// states of a visited set as pairs of their halves, and left halves as pairs of their parts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "checker/store/bucket_index.h"
#include "checker/store/extent_pool.h"
#include "checker/store/root_array.h"

namespace cowcheck {

class PairTable {
public:
    // 2^segment_bits segments of the index, each of which stops for its own growth only.
    // The pairs get `reserve_bytes` of address space, the index takes its memory from
    // `pool`, which must outlive the table. Throws std::bad_alloc.
    PairTable(unsigned segment_bits, ExtentPool& pool, std::size_t reserve_bytes)
        : pairs_(reserve_bytes), index_(segment_bits, pool) {}

    // Look-ups in stages, as in ComponentTable: begin(), guess(), intern().
    struct Probe {
        std::uint64_t hash = 0;
        std::uint64_t guess = BucketIndex::none;
    };
    void begin(Root pair, Probe& probe) const {
        probe.hash = hash_of(pair);
        index_.prefetch(probe.hash);
    }
    void guess(std::span<Probe> probes) const {
        for (Probe& probe : probes) {
            probe.guess = index_.guess(probe.hash);
            if (probe.guess != BucketIndex::none) pairs_.prefetch(probe.guess);
        }
    }

    struct Interned {
        std::uint64_t number = 0;
        bool fresh = false;
    };
    // The number of the pair, which is stored if it is new; so far there are `lefts` and
    // `rights` components. Throws std::bad_alloc if there is no room; the table is then as
    // before.
    [[nodiscard]] Interned intern(Root pair, const Probe& probe, std::uint64_t lefts,
                                  std::uint64_t rights) {
        if (probe.guess != BucketIndex::none && pairs_[probe.guess] == pair)
            return {probe.guess, false};
        return intern_slowly(pair, probe.hash, lefts, rights);
    }

    void save(ByteSink& sink) const { pairs_.save(sink); }
    // Into an empty table.
    void load(ByteSource& source) {
        pairs_.load(source);
        index_.fill(pairs_.size(), Hashes{pairs_});
    }

    // The number of a pair, if it is stored.
    [[nodiscard]] std::optional<std::uint64_t> find(Root pair) const;

    [[nodiscard]] Root operator[](std::uint64_t number) const { return pairs_[number]; }

    // Asks for the memory of a pair.
    void prefetch(std::uint64_t number) const { pairs_.prefetch(number); }

    [[nodiscard]] std::uint64_t size() const { return pairs_.size(); }

    // Bytes of resident pages, without what the index has from the pool.
    [[nodiscard]] std::size_t bytes() const { return pairs_.bytes() + index_.bytes(); }

private:
    // For BucketIndex, when it grows.
    struct Hashes {
        const RootArray& pairs;
        [[nodiscard]] std::uint64_t hash(std::uint64_t number) const {
            return hash_of(pairs[number]);
        }
        void prefetch(std::uint64_t number) const { pairs.prefetch(number); }
    };

    // A bijection of 64 bits (the finaliser of MurmurHash3): distinct pairs have distinct
    // hashes, and each bit depends on all bits of both numbers.
    [[nodiscard]] static std::uint64_t hash_of(Root pair) {
        std::uint64_t bits = (std::uint64_t{pair.left} << 32) | pair.right;
        bits ^= bits >> 33;
        bits *= 0xff51afd7ed558ccd;
        bits ^= bits >> 33;
        bits *= 0xc4ceb9fe1a85ec53;
        bits ^= bits >> 33;
        return bits;
    }

    [[nodiscard]] std::uint64_t find(Root pair, std::uint64_t hash) const {
        return index_.find(hash, [&](std::uint64_t number) { return pairs_[number] == pair; });
    }
    [[nodiscard]] Interned intern_slowly(Root pair, std::uint64_t hash, std::uint64_t lefts,
                                         std::uint64_t rights);

    RootArray pairs_;
    BucketIndex index_;
};

}  // namespace cowcheck
