#include "checker/store/visited_set.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <new>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "checker/store/bucket_index.h"
#include "checker/store/component_table.h"
#include "checker/store/extent_pool.h"
#include "checker/store/huge_memory.h"
#include "checker/store/root_array.h"

using namespace cowcheck;

namespace {

using Random = std::mt19937_64;

std::vector<Insertion> insert(VisitedSet& set, const std::vector<PackedState>& states) {
    std::vector<Insertion> results(states.size());
    set.insert_batch(states, results);
    return results;
}

// States of few distinct values, so that halves and whole states repeat.
std::vector<PackedState> random_states(Random& random, std::size_t count, unsigned words,
                                       std::uint64_t values) {
    std::vector<PackedState> states(count);
    for (PackedState& state : states)
        for (unsigned i = 0; i < words; ++i) state.words[i] = random() % values;
    return states;
}

// Distinct states with few distinct halves: 1000 of the same left half.
PackedState numbered_state(std::uint64_t number) {
    PackedState state;
    state.words = {number / 1000, 7, number % 1000, 9};
    return state;
}

std::vector<PackedState> numbered_states(std::uint64_t first, std::uint64_t count) {
    std::vector<PackedState> states(count);
    for (std::uint64_t i = 0; i < count; ++i) states[i] = numbered_state(first + i);
    return states;
}

// Compares every answer with those of a std::map from states to indices.
void check_against_map(unsigned words, unsigned left_words, std::uint64_t values,
                       unsigned first_words = 0) {
    Random random(words * 100 + left_words * 10 + first_words);
    VisitedSet set({words, left_words, first_words});
    std::map<std::array<std::uint64_t, PackedState::max_words>, std::uint64_t> oracle;
    for (int round = 0; round < 60; ++round) {
        const auto states = random_states(random, 1 + random() % 300, words, values);
        const auto results = insert(set, states);
        for (std::size_t i = 0; i < states.size(); ++i) {
            const auto [entry, fresh] = oracle.try_emplace(states[i].words, oracle.size());
            REQUIRE(results[i].fresh == fresh);
            REQUIRE(results[i].index == entry->second);
        }
        REQUIRE(set.size() == oracle.size());
    }
    for (const auto& [state, index] : oracle) {
        REQUIRE(set.find(PackedState{state}) == index);
        PackedState read;
        set.get(index, read);
        REQUIRE(read.words == state);
    }
    for (const PackedState& state : random_states(random, 2000, words, values + 1))
        REQUIRE(set.find(state).has_value() == oracle.contains(state.words));
}

// The items of an index are arbitrary: here each number is its own item, and
// the test says what the hashes are.
struct Items {
    std::uint64_t (*hash_of)(std::uint64_t);
    [[nodiscard]] std::uint64_t hash(std::uint64_t number) const { return hash_of(number); }
    void prefetch(std::uint64_t) const {}
};

void check_index(const Items& items, const std::vector<std::uint64_t>& numbers) {
    ExtentPool pool(std::size_t{1} << 30);
    BucketIndex index(4, pool);
    const auto find = [&](std::uint64_t number) {
        return index.find(items.hash(number), [&](std::uint64_t n) { return n == number; });
    };
    for (const std::uint64_t number : numbers) {
        REQUIRE(find(number) == BucketIndex::none);
        index.make_room(items.hash(number), number, items);
        index.insert(items.hash(number), number);
        REQUIRE(find(number) == number);
    }
    CHECK(index.size() == numbers.size());
    CHECK(index.capacity() > numbers.size());
    for (const std::uint64_t number : numbers) REQUIRE(find(number) == number);
}

std::uint64_t good_hash(std::uint64_t number) { return VisitedSet::hash(std::span(&number, 1)); }

std::uint64_t constant_hash(std::uint64_t) { return 0x1234567812345678; }

std::uint64_t hash_without_tag(std::uint64_t number) {
    return good_hash(number) & ~std::uint64_t{0xff};
}

std::uint64_t hash_at_the_end(std::uint64_t number) {
    return ~std::uint64_t{0xffff} | (number & 0xffff);
}

// Fills a set until its memory is used up, and returns what was accepted.
std::uint64_t fill_until_refused(VisitedSet& set) {
    constexpr std::uint64_t at_once = 100;
    std::uint64_t next = 0;
    bool refused = false;
    while (!refused) {
        REQUIRE(next < 10'000'000);
        try {
            insert(set, numbered_states(next, at_once));
            next += at_once;
        } catch (const std::bad_alloc&) {
            refused = true;
        }
    }
    CHECK(set.size() >= next);
    CHECK(set.size() < next + at_once);
    return set.size();
}

}  // namespace

TEST_SUITE("visited set") {
    TEST_CASE("a new set is empty") {
        const VisitedSet set({4, 2});
        CHECK(set.size() == 0);
        CHECK(set.left_components() == 0);
        CHECK(set.right_components() == 0);
        CHECK_FALSE(set.find(PackedState{}).has_value());
    }

    TEST_CASE("an empty set costs less than a megabyte") {
        CHECK(VisitedSet({8, 4}).bytes() < 1U << 20);
    }

    TEST_CASE("an empty batch changes nothing") {
        VisitedSet set({2, 1});
        set.insert_batch({}, {});
        CHECK(set.size() == 0);
    }

    TEST_CASE("a state inserted twice is fresh only once") {
        VisitedSet set({4, 2});
        const auto first = insert(set, {numbered_state(5)});
        const auto second = insert(set, {numbered_state(5)});
        CHECK(first[0].fresh);
        CHECK_FALSE(second[0].fresh);
        CHECK(second[0].index == first[0].index);
        CHECK(set.size() == 1);
    }

    TEST_CASE("a state that stands twice in a batch is fresh only once") {
        VisitedSet set({4, 2});
        std::vector<PackedState> states;
        for (int i = 0; i < 3; ++i)
            for (const PackedState& state : numbered_states(0, 50)) states.push_back(state);
        const auto results = insert(set, states);
        CHECK(set.size() == 50);
        for (std::size_t i = 0; i < states.size(); ++i) {
            CHECK(results[i].fresh == (i < 50));
            CHECK(results[i].index == i % 50);
        }
    }

    TEST_CASE("the state of zeros is a state like any other") {
        VisitedSet set({2, 1});
        CHECK(insert(set, {PackedState{}})[0].fresh);
        CHECK_FALSE(insert(set, {PackedState{}})[0].fresh);
        CHECK(set.find(PackedState{}) == 0);
    }

    TEST_CASE("words beyond those of the set mean nothing") {
        VisitedSet set({3, 1});
        PackedState state;
        state.words = {1, 2, 3, 4, 5, 6, 7, 8};
        PackedState other = state;
        other.words[3] = 99;
        insert(set, {state});
        CHECK(set.find(other) == 0);
        PackedState read;
        read.words.fill(42);
        set.get(0, read);
        CHECK(read.words == std::array<std::uint64_t, 8>{1, 2, 3, 42, 42, 42, 42, 42});
    }

    TEST_CASE("halves are stored once each and are not mixed up") {
        VisitedSet set({2, 1});
        std::vector<PackedState> states;
        for (std::uint64_t left = 0; left < 30; ++left)
            for (std::uint64_t right = 0; right < 20; ++right)
                if (left != right) states.push_back(PackedState{{left, right}});
        insert(set, states);
        CHECK(set.size() == 30 * 20 - 20);
        CHECK(set.left_components() == 30);
        CHECK(set.right_components() == 20);
        for (std::uint64_t both = 0; both < 20; ++both)
            CHECK_FALSE(set.find(PackedState{{both, both}}).has_value());
    }

    TEST_CASE("insertion order is the index order") {
        VisitedSet set({4, 2});
        insert(set, numbered_states(0, 20'000));
        std::vector<PackedState> states(300);
        for (std::uint64_t first = 0; first + states.size() <= set.size(); first += 150) {
            set.prefetch(first);
            set.get_batch(first, states);
            for (std::size_t i = 0; i < states.size(); ++i)
                REQUIRE(states[i].words == numbered_state(first + i).words);
        }
    }

    TEST_CASE("states by their parts' numbers are the states themselves") {
        for (const unsigned first : {0U, 1U}) {
            Random random(first);
            VisitedSet whole({4, 2, first});
            VisitedSet parts({4, 2, first});
            for (int round = 0; round < 50; ++round) {
                const std::vector<PackedState> states = random_states(random, 300, 4, 12);
                insert(whole, states);
                // Half of the parts are known from states that are there.
                std::vector<PartNumbers> numbers(states.size());
                for (std::size_t i = 0; i < states.size(); ++i) {
                    const auto there = whole.find(states[i]);
                    if (!there || *there >= parts.size() || random() % 2 == 0) continue;
                    PackedState same;
                    PartNumbers known;
                    parts.get_batch(*there, std::span(&same, 1), std::span(&known, 1));
                    REQUIRE(same.words == states[i].words);
                    if (random() % 2 == 0) numbers[i].right = known.right;
                    if (random() % 2 == 0) numbers[i].left = known.left;
                    if (first != 0 && random() % 2 == 0) numbers[i].first = known.first;
                    if (first != 0 && random() % 2 == 0) numbers[i].second = known.second;
                }
                parts.number_parts(states, numbers);
                std::vector<Root> roots;
                for (const PartNumbers& one : numbers) roots.push_back(one.root());
                parts.insert_roots(roots);
                REQUIRE(parts.size() == whole.size());
            }
            PackedState state;
            for (std::uint64_t i = 0; i < whole.size(); ++i) {
                whole.get(i, state);
                REQUIRE(parts.find(state) == i);
            }
        }
    }

    TEST_CASE("growth keeps every state") {
        VisitedSet set({4, 2});
        constexpr std::uint64_t count = 400'000;
        constexpr std::uint64_t at_once = 1000;
        for (std::uint64_t first = 0; first < count; first += at_once)
            for (const Insertion& result : insert(set, numbered_states(first, at_once)))
                REQUIRE(result.fresh);
        for (std::uint64_t first = 0; first < count; first += at_once) {
            const auto results = insert(set, numbered_states(first, at_once));
            for (std::size_t i = 0; i < at_once; ++i) {
                REQUIRE_FALSE(results[i].fresh);
                REQUIRE(results[i].index == first + i);
            }
        }
        CHECK(set.size() == count);
        CHECK(set.left_components() == count / 1000);
        CHECK(set.right_components() == 1000);
    }

    TEST_CASE("a million states cost at most 16 bytes each") {
        VisitedSet set({4, 2});
        while (set.size() < 1'000'000) insert(set, numbered_states(set.size(), 10'000));
        CHECK(set.bytes() <= 16 * set.size());
    }

    TEST_CASE("every answer agrees with a map of the states") {
        for (unsigned words = 2; words <= PackedState::max_words; ++words)
            for (unsigned left = 1; left < words; ++left) {
                CAPTURE(words);
                CAPTURE(left);
                for (unsigned first = 0; first < left; ++first)
                    check_against_map(words, left, words == 2 ? 90 : 4, first);
            }
    }

    TEST_CASE("every answer agrees with a map of states that hardly repeat") {
        check_against_map(2, 1, std::uint64_t{1} << 62);
        check_against_map(6, 3, 40);
        check_against_map(8, 4, std::uint64_t{1} << 62);
        check_against_map(8, 4, std::uint64_t{1} << 62, 1);
        check_against_map(7, 5, 40, 3);
    }

    TEST_CASE("partitions chosen by the hash hold the states together") {
        constexpr std::uint64_t partitions = 3;
        constexpr std::uint64_t count = 60'000;
        std::vector<VisitedSet> sets;
        sets.reserve(partitions);
        for (std::uint64_t i = 0; i < partitions; ++i) sets.emplace_back(VisitedSet::Split{4, 2});
        for (const PackedState& state : numbered_states(0, count)) {
            const std::uint64_t hash = VisitedSet::hash(std::span(state.words).first(4));
            insert(sets[((hash >> 32) * partitions) >> 32], {state});
        }
        std::uint64_t total = 0;
        for (const VisitedSet& set : sets) {
            total += set.size();
            CHECK(set.size() > count / partitions * 9 / 10);
        }
        CHECK(total == count);
    }

    TEST_CASE("a set that is moved keeps its states") {
        VisitedSet from({4, 2});
        insert(from, numbered_states(0, 50'000));
        VisitedSet set(std::move(from));
        CHECK_FALSE(insert(set, {numbered_state(49'999)})[0].fresh);
        CHECK(insert(set, {numbered_state(50'000)})[0].index == 50'000);
        insert(set, numbered_states(50'001, 50'000));
        CHECK(set.size() == 100'001);
    }

    TEST_CASE("a state has two halves of at least a word") {
        CHECK_THROWS_AS(VisitedSet({1, 1}), std::invalid_argument);
        CHECK_THROWS_AS(VisitedSet({9, 4}), std::invalid_argument);
        CHECK_THROWS_AS(VisitedSet({4, 0}), std::invalid_argument);
        CHECK_THROWS_AS(VisitedSet({4, 4}), std::invalid_argument);
        CHECK_THROWS_AS(VisitedSet({4, 2, 2}), std::invalid_argument);
    }

    TEST_CASE("a set that is full says so and keeps what it has") {
        VisitedSet set({4, 2}, HugeMemory::huge_page_bytes);
        const std::uint64_t count = fill_until_refused(set);
        CHECK(count > 100'000);
        for (int attempt = 0; attempt < 2; ++attempt) {
            CHECK_THROWS_AS(insert(set, numbered_states(count, 20'000)), std::bad_alloc);
            for (std::uint64_t i = 0; i < count; ++i) {
                REQUIRE(set.find(numbered_state(i)) == i);
                PackedState read;
                set.get(i, read);
                REQUIRE(read.words == numbered_state(i).words);
            }
        }
        const auto known = insert(set, numbered_states(0, 1000));
        CHECK(std::none_of(known.begin(), known.end(), [](Insertion i) { return i.fresh; }));
    }
}

TEST_SUITE("bucket index") {
    TEST_CASE("numbers are found by their hash") {
        std::vector<std::uint64_t> numbers(50'000);
        for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
        check_index(Items{good_hash}, numbers);
        check_index(Items{hash_without_tag}, numbers);
    }

    TEST_CASE("the worst hash makes it slow, not wrong") {
        std::vector<std::uint64_t> numbers(1500);
        for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
        check_index(Items{constant_hash}, numbers);
        check_index(Items{hash_at_the_end}, numbers);
    }

    TEST_CASE("numbers may grow past every width of the fields") {
        std::vector<std::uint64_t> numbers;
        for (unsigned bits = 4; bits <= BucketIndex::max_number_bits; ++bits)
            for (std::uint64_t i = 0; i < 200; ++i)
                numbers.push_back((std::uint64_t{1} << bits) - 1 - i);
        std::sort(numbers.begin(), numbers.end());
        numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
        while (numbers.back() >> BucketIndex::max_number_bits != 0)
            numbers.pop_back();  // 15 - 199 wraps around
        check_index(Items{good_hash}, numbers);
    }

    TEST_CASE("a number that is too large is refused") {
        ExtentPool pool(HugeMemory::huge_page_bytes);
        BucketIndex index(4, pool);
        const std::uint64_t number = std::uint64_t{1} << BucketIndex::max_number_bits;
        CHECK_THROWS_AS(index.make_room(1, number, Items{good_hash}), std::bad_alloc);
    }

    TEST_CASE("memory goes back to the pool") {
        ExtentPool pool(std::size_t{1} << 30);
        const auto fill = [&] {
            BucketIndex index(4, pool);
            for (std::uint64_t i = 0; i < 100'000; ++i) {
                index.make_room(good_hash(i), i, Items{good_hash});
                index.insert(good_hash(i), i);
            }
        };
        fill();
        const std::size_t once = pool.bytes();
        fill();
        CHECK(pool.bytes() == once);
    }
}

TEST_SUITE("component table") {
    TEST_CASE("an item has one number, in order of appearance") {
        ExtentPool pool(std::size_t{1} << 30);
        ComponentTable table(3, pool, std::size_t{1} << 30);
        for (int round = 0; round < 2; ++round)
            for (std::uint64_t i = 0; i < 30'000; ++i) {
                const std::array<std::uint64_t, 3> item = {i % 7, i / 7, 1};
                std::array<ComponentTable::Probe, 1> probe;
                table.begin(item.data(), item.size(), {}, probe);
                table.guess(probe);
                REQUIRE(table.intern(item.data(), probe[0]) == i);
            }
        CHECK(table.size() == 30'000);
        std::array<std::uint64_t, 3> item{};
        table.read(15, item.data());
        CHECK(item == std::array<std::uint64_t, 3>{1, 2, 1});
        CHECK(table.find(item.data()) == 15U);
        item[2] = 2;
        CHECK_FALSE(table.find(item.data()).has_value());
    }
}

TEST_SUITE("root array") {
    TEST_CASE("pairs of any width are read as they were written") {
        // Widths of 13 to 32 bits for either field, changing from block to block.
        Random random(1);
        RootArray roots(std::size_t{1} << 30);
        std::vector<Root> written;
        for (int block = 0; block < 60; ++block) {
            const std::uint64_t lefts = random() >> (32 + random() % 32);
            const std::uint64_t rights = random() >> (32 + random() % 32);
            for (std::uint64_t i = 0; i < RootArray::block_pairs; ++i) {
                const Root root{static_cast<std::uint32_t>(lefts == 0 ? i : random() % lefts),
                                static_cast<std::uint32_t>(rights == 0 ? i : random() % rights)};
                roots.make_room(root, lefts, rights);
                roots.append(root);
                written.push_back(root);
                REQUIRE(roots[roots.size() - 1] == root);
            }
        }
        CHECK(roots.size() == written.size());
        for (std::size_t i = 0; i < written.size(); ++i) REQUIRE(roots[i] == written[i]);
    }

    TEST_CASE("the largest pair fits") {
        RootArray roots(std::size_t{1} << 30);
        constexpr std::uint32_t largest = 0xffffffff;
        for (std::uint32_t i = 0; i < 100; ++i) {
            const Root root{largest - i, largest - 2 * i};
            roots.make_room(root, largest, largest);
            roots.append(root);
        }
        for (std::uint32_t i = 0; i < 100; ++i)
            CHECK(roots[i] == Root{largest - i, largest - 2 * i});
    }

    TEST_CASE("a pair that does not fit its block is refused") {
        RootArray roots(std::size_t{1} << 30);
        roots.make_room(Root{0, 0}, 0, 0);
        roots.append(Root{0, 0});
        CHECK_THROWS_AS(roots.make_room(Root{1U << 20, 0}, 0, 0), std::bad_alloc);
        CHECK_THROWS_AS(roots.make_room(Root{0, 1U << 20}, 0, 0), std::bad_alloc);
        CHECK(roots.size() == 1);
    }
}

TEST_SUITE("huge memory") {
    TEST_CASE("memory is zero at first and stays where it is") {
        HugeMemory memory(std::size_t{64} << 20);
        memory.use(10);
        std::byte* const start = memory.data();
        start[9] = std::byte{5};
        const std::size_t more = HugeMemory::huge_from_bytes + 100;
        memory.use(more);
        CHECK(memory.data() == start);
        CHECK(start[9] == std::byte{5});
        CHECK(start[more - 1] == std::byte{0});
        start[more - 1] = std::byte{6};
        CHECK(memory.used() == more);
    }

    TEST_CASE("what is used is counted in pages") {
        HugeMemory memory(std::size_t{64} << 20);
        CHECK(memory.resident_bytes() == 0);
        memory.use(1);
        CHECK(memory.resident_bytes() == HugeMemory::small_page_bytes);
        memory.use(HugeMemory::huge_from_bytes + 1);
        CHECK(memory.resident_bytes() == HugeMemory::huge_from_bytes + HugeMemory::huge_page_bytes);
    }

    TEST_CASE("more than was reserved is refused") {
        HugeMemory memory(HugeMemory::huge_page_bytes);
        memory.use(HugeMemory::huge_page_bytes);
        CHECK_THROWS_AS(memory.use(HugeMemory::huge_page_bytes + 1), std::bad_alloc);
        CHECK(memory.used() == HugeMemory::huge_page_bytes);
        memory.data()[HugeMemory::huge_page_bytes - 1] = std::byte{1};
    }

    TEST_CASE("an impossible reservation becomes a smaller one") {
        HugeMemory memory(std::size_t{1} << 60);
        memory.use(1000);
        memory.data()[999] = std::byte{1};
        CHECK(memory.data()[999] == std::byte{1});
    }

    TEST_CASE("memory can be moved") {
        HugeMemory from(HugeMemory::huge_page_bytes);
        from.use(1);
        from.data()[0] = std::byte{3};
        HugeMemory to(std::move(from));
        CHECK(to.data()[0] == std::byte{3});
        HugeMemory other(HugeMemory::huge_page_bytes);
        other = std::move(to);
        CHECK(other.data()[0] == std::byte{3});
        CHECK(other.used() == 1);
    }
}
