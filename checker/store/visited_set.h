// The exact set of visited states of one partition: lossless, compact, and a
// queue at the same time. docs/internals-visited-set.md tells how and why.
//
// One thread uses a set. Threads share the work by owning a partition of the
// states each, chosen by VisitedSet::hash.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "checker/store/component_table.h"
#include "checker/store/extent_pool.h"
#include "checker/store/pair_table.h"

namespace cowcheck {

// A state in its packed form. Words beyond those a set was made for mean
// nothing to it.
struct PackedState {
    static constexpr unsigned max_words = 8;
    std::array<std::uint64_t, max_words> words{};
};

// By which numbers a set knows the parts of a state: most steps leave some parts of it alone, so
// that what a state leads to has them from there.
struct PartNumbers {
    static constexpr auto unknown = static_cast<std::uint32_t>(ComponentTable::max_items);

    std::uint32_t left = unknown;
    std::uint32_t first = unknown;  // of the left half's two parts, if it is cut again
    std::uint32_t second = unknown;
    std::uint32_t right = unknown;

    [[nodiscard]] Root root() const { return {left, right}; }
};

// What became of one state of a batch.
struct Insertion {
    std::uint64_t index = 0;  // of the state in the set
    bool fresh = false;       // it was not there before
};

class VisitedSet {
public:
    // How the words of a state (2..8) are cut into parts that vary independently.
    struct Split {
        unsigned words = 0;
        unsigned left = 0;   // words of the left half (1..words-1); the others are the right
        unsigned first = 0;  // of the left half's, those of its first part (0..left-1); 0: it
                             // is not cut again
    };

    // The parts are interned separately. Each of the set's arrays gets `reserve_bytes`
    // of address space and can get no larger than that; memory is used as states come, and
    // a small set is small. Throws std::invalid_argument or std::bad_alloc.
    explicit VisitedSet(Split split, std::size_t reserve_bytes = physical_memory_bytes());
    ~VisitedSet();
    VisitedSet(VisitedSet&&) noexcept;

    // A good hash of a state, or of a part of it, to choose the owner of a state
    // by. All its bits may be used: the set itself uses other hashes.
    [[nodiscard]] static std::uint64_t hash(std::span<const std::uint64_t> words);

    // Inserts the states in order and says for each where it is; the two spans
    // have the same size. Fresh states get the indices size(), size() + 1, ...
    // A state that stands twice in a batch is fresh once. Batches of 64 or more
    // hide the latency of memory best.
    // Throws std::bad_alloc if memory, address space or component numbers are
    // used up: then a prefix of the batch is inserted, `results` is unspecified,
    // and everything that was in the set is still there.
    void insert_batch(std::span<const PackedState> states, std::span<Insertion> results);

    // The same in two steps. The numbers of the states' parts, of which some may be known: from
    // get_batch(), of a state that has the same part. Parts that are new are stored.
    void number_parts(std::span<const PackedState> states, std::span<PartNumbers> numbers);
    // Inserts, in order, the states that have halves with these numbers.
    void insert_roots(std::span<const Root> roots);

    // The index of a state, if it is in the set.
    [[nodiscard]] std::optional<std::uint64_t> find(const PackedState& state) const;

    // Writes the words of the state at `index` (< size()); the others stay.
    void get(std::uint64_t index, PackedState& state) const;

    // Writes the states at first, first + 1, ... (all < size()), prefetching, and the numbers of
    // their parts unless `numbers` is empty.
    void get_batch(std::uint64_t first, std::span<PackedState> states,
                   std::span<PartNumbers> numbers = {}) const;

    // The numbers of the halves of a state (< size()).
    [[nodiscard]] Root root(std::uint64_t index) const { return roots_[index]; }

    // Writes the words of a right half (< right_components()); the others stay.
    void get_right(std::uint32_t number, PackedState& state) const {
        right_.read(number, state.words.data() + split_.left);
    }

    // Asks for the memory that get(index) reads first.
    void prefetch(std::uint64_t index) const { roots_.prefetch(index); }

    // States, and distinct halves.
    [[nodiscard]] std::uint64_t size() const { return roots_.size(); }
    [[nodiscard]] std::uint64_t left_components() const {
        return parts_ ? parts_->pairs.size() : left_->size();
    }
    [[nodiscard]] std::uint64_t right_components() const { return right_.size(); }

    // All that is in it, for load() on an empty set of the same split: then it has the same
    // states in the same order, and goes on like this one.
    void save(ByteSink& sink) const;
    void load(ByteSource& source);

    // Resident memory in bytes, counted in pages; costs a few additions. Besides
    // what is in use it holds what growing left behind, so it never shrinks
    // noticeably and the peak is not above it.
    [[nodiscard]] std::size_t bytes() const;

private:
    struct Unknown;
    struct Batch;

    // A left half that is cut again: its parts, and the pairs of their numbers.
    struct Parts {
        ComponentTable first;
        ComponentTable second;
        PairTable pairs;
    };

    void intern_halves(std::span<const PackedState> states, std::span<PartNumbers> numbers);
    void intern_pairs(std::span<PartNumbers> numbers);
    void intern_roots(std::span<const Root> roots);
    [[nodiscard]] std::optional<std::uint64_t> find_left(const std::uint64_t* words) const;
    void prefetch_left(std::uint32_t number) const;

    Split split_;
    std::unique_ptr<Batch> batch_;        // memory of the look-ups under way
    std::unique_ptr<ExtentPool> pool_;    // shared by the indices, which point to it
    std::optional<ComponentTable> left_;  // one of these two
    std::optional<Parts> parts_;
    ComponentTable right_;
    PairTable roots_;
};

}  // namespace cowcheck
