#include "checker/system/packing.h"

#include "model/compile/state_size.h"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace cowcheck {

namespace {

// What operations promise: those of a process's CPUs, and those of services that protect.
unsigned bits_of_promises(const World& world, Field field) {
    std::array<unsigned, Limits::processes> cpus{};
    for (const Thread& thread : world.threads)
        if (thread.actor == Actor::cpu) ++cpus[thread.mm];
    const unsigned most = *std::max_element(cpus.begin(), cpus.end());
    const unsigned count = std::bit_ceil(most + 1U) - 1U;
    const auto some = [](const std::vector<MenuItem>& menu, const auto& is) {
        return std::any_of(menu.begin(), menu.end(), is);
    };
    switch (field) {
    case Field::giving_up: return count;
    case Field::store_barred: return (count << StoreBar::permitting_shift) | StoreBar::state;
    case Field::stored_meanwhile:
        return most > 1 || world.secondary_mmu() ||
                       some(world.device_menu, [](const MenuItem& item) { return item.stores(); })
                   ? ~0U
                   : 0U;
    case Field::wp_armed: {
        const auto protects = [](const MenuItem& item) { return arms(item.kind) != 0; };
        return some(world.monitor_menu, protects) || some(world.procfs_menu, protects) ? ~0U : 0U;
    }
    default: return ~0U;
    }
}

// The bits of each state word that any state of the program can have set.
std::array<std::uint16_t, State::max_words + 4> used_bits(const Program& program) {
    std::array<std::uint16_t, State::max_words + 4> masks{};
    const Layout& l = program.layout;
    for (std::size_t i = 0; i < field_table.size(); ++i) {
        const FieldInfo& field = field_table[i];
        if (!l.has(static_cast<Field>(i))) continue;
        for (unsigned e = 0; e < l.size(field.scope); ++e) {
            std::uint16_t& mask = masks[l.element(field.scope, e) + field.word];
            unsigned bits = unsigned{l.largest(static_cast<Field>(i))};
            bits &= bits_of_promises(program.world, static_cast<Field>(i));
            if (static_cast<Field>(i) == Field::pc)
                bits = std::bit_ceil(static_cast<unsigned>(program.rests.size())) - 1U;
            if (static_cast<Field>(i) == Field::expected) bits = (1U << l.size(Scope::pte)) - 1U;
            if (static_cast<Field>(i) == Field::mm_mapcount) bits = (1U << (2U * l.mms)) - 1U;
            if (static_cast<Field>(i) == Field::entitled)
                bits = (1U << (l.mms + l.size(Scope::pin))) - 1U;
            mask = static_cast<std::uint16_t>(mask | (bits << field.shift));
        }
    }
    // Locals: only those of the operations that the thread can run.
    for (unsigned t = 0; t < l.size(Scope::thread); ++t)
        for (const Rest& rest : program.rests) {
            const auto rests_here = [&](std::uint16_t operation) {
                return operation == rest.operation ||
                       std::find(rest.others.begin(), rest.others.end(), operation) !=
                           rest.others.end();
            };
            if (std::none_of(program.menus[t].begin(), program.menus[t].end(), rests_here))
                continue;
            for (unsigned w = 1; w < l.stride[static_cast<std::size_t>(Scope::thread)]; ++w) {
                std::uint16_t& mask = masks[l.element(Scope::thread, t) + w];
                mask = static_cast<std::uint16_t>(mask | rest.live[w - 1]);
            }
        }
    return masks;
}

std::uint64_t gather(const std::uint16_t* words) {
    std::uint64_t value = 0;
    std::memcpy(&value, words, sizeof value);
    return value;
}

std::uint64_t extract(std::uint64_t value, std::uint64_t mask) {
    std::uint64_t result = 0;
    for (unsigned to = 0; mask != 0; ++to, mask &= mask - 1)
        result |= ((value >> static_cast<unsigned>(std::countr_zero(mask))) & 1U) << to;
    return result;
}

std::uint64_t deposit(std::uint64_t value, std::uint64_t mask) {
    std::uint64_t result = 0;
    for (; mask != 0; mask &= mask - 1, value >>= 1U)
        result |= (value & 1U) << static_cast<unsigned>(std::countr_zero(mask));
    return result;
}

}  // namespace

std::string too_large_to_store(const Program& program) {
    const auto masks = used_bits(program);
    const Layout& l = program.layout;
    ScopeSizes sizes;
    for (std::size_t s = 0; s < scope_count; ++s)
        for (unsigned e = 0; e < l.count[s]; ++e) {
            unsigned bits = 0;
            for (unsigned w = 0; w < l.stride[s]; ++w)
                bits += static_cast<unsigned>(
                    std::popcount(masks[l.element(static_cast<Scope>(s), e) + w]));
            sizes[s].all += bits;
            sizes[s].most = std::max(sizes[s].most, bits);
        }
    return "the states of world '" + program.world.name +
           "' are too large to store: " + std::to_string(total(sizes)) +
           " bits, and there is room for " + std::to_string(64 * PackedState::max_words) + "\n" +
           size_table(l, sizes, "  ");
}

Packing::Packing(const Program& program) {
    const auto masks = used_bits(program);
    const Layout& l = program.layout;
    // Pages, pins and TLBs begin a word of their own if they can.
    if (const unsigned pages = l.element(Scope::page, 0); pages % 4 == 0) {
        first_words_ = add_groups(0, pages, 0, masks);
        left_words_ = add_groups(pages, l.thread_words, first_words_, masks);
        words_ = add_groups(l.thread_words, l.words, left_words_, masks);
    }
    if (first_words_ == 0 || !fits()) {
        first_words_ = 0;
        left_words_ = add_groups(0, l.thread_words, 0, masks);
        words_ = add_groups(l.thread_words, l.words, left_words_, masks);
    }
#if defined(__x86_64__)
    bmi2_ = __builtin_cpu_supports("bmi2") != 0;
#endif
}

// One group after the other, without gaps; a group may straddle two packed words.
unsigned Packing::add_groups(unsigned from, unsigned to, unsigned first_word,
                             const std::array<std::uint16_t, State::max_words + 4>& masks) {
    unsigned bit = first_word * 64;
    for (unsigned at = from; at < to; at += 4) {
        Group group;
        group.mask = gather(&masks[at]);
        group.bits = static_cast<std::uint8_t>(std::popcount(group.mask));
        group.word = static_cast<std::uint8_t>(bit / 64);
        group.shift = static_cast<std::uint8_t>(bit % 64);
        bit += group.bits;
        groups_[at / 4] = group;
        count_ = at / 4 + 1;
    }
    return std::max(first_word + 1, (bit + 63) / 64);
}

namespace {

template <class Group>
void put(const Group& g, std::uint64_t value, std::uint64_t* packed) {
    packed[g.word] |= value << g.shift;
    if (g.shift + g.bits > 64) packed[g.word + 1] |= value >> (64U - g.shift);
}

template <class Group>
std::uint64_t take(const Group& g, const std::uint64_t* packed) {
    std::uint64_t value = packed[g.word] >> g.shift;
    if (g.shift + g.bits > 64) value |= packed[g.word + 1] << (64U - g.shift);
    return value;
}

}  // namespace

#if defined(__x86_64__)
namespace {

__attribute__((target("bmi2"))) inline std::uint64_t fast_extract(std::uint64_t value,
                                                                  std::uint64_t mask) {
    return _pext_u64(value, mask);
}
__attribute__((target("bmi2"))) inline std::uint64_t fast_deposit(std::uint64_t value,
                                                                  std::uint64_t mask) {
    return _pdep_u64(value, mask);
}

template <class Group>
__attribute__((target("bmi2"))) void pack_fast(const Group* groups, unsigned count,
                                               const std::uint16_t* words, std::uint64_t* packed) {
    for (unsigned i = 0; i < count; ++i) {
        const Group& g = groups[i];
        std::uint64_t value = 0;
        std::memcpy(&value, words + 4 * i, sizeof value);
        put(g, fast_extract(value, g.mask), packed);
    }
}

template <class Group>
__attribute__((target("bmi2"))) void unpack_fast(const Group* groups, unsigned count,
                                                 const std::uint64_t* packed,
                                                 std::uint16_t* words) {
    for (unsigned i = 0; i < count; ++i) {
        const Group& g = groups[i];
        const std::uint64_t value = fast_deposit(take(g, packed), g.mask);
        std::memcpy(words + 4 * i, &value, sizeof value);
    }
}

}  // namespace
#endif

PackedState Packing::pack(const State& state) const {
    PackedState packed;
#if defined(__x86_64__)
    if (bmi2_) {
        pack_fast(groups_.data(), count_, state.words.data(), packed.words.data());
        return packed;
    }
#endif
    for (unsigned i = 0; i < count_; ++i) {
        const Group& g = groups_[i];
        put(g, extract(gather(&state.words[4 * i]), g.mask), packed.words.data());
    }
    return packed;
}

void Packing::unpack(const PackedState& packed, State& state) const {
#if defined(__x86_64__)
    if (bmi2_) {
        unpack_fast(groups_.data(), count_, packed.words.data(), state.words.data());
        return;
    }
#endif
    for (unsigned i = 0; i < count_; ++i) {
        const Group& g = groups_[i];
        const std::uint64_t value = deposit(take(g, packed.words.data()), g.mask);
        std::memcpy(&state.words[4 * i], &value, sizeof value);
    }
}

PartNumbers Packing::shared_parts(const PackedState& state, PartNumbers numbers,
                                  const PackedState& other) const {
    unsigned differ = 0;  // words, as bits
    for (unsigned w = 0; w < PackedState::max_words; ++w)
        differ |= static_cast<unsigned>(state.words[w] != other.words[w]) << w;
    const auto any = [&](unsigned from, unsigned to) {
        return (differ & ((1U << to) - (1U << from))) != 0;
    };
    if (any(0, first_words_)) numbers.first = PartNumbers::unknown;
    if (any(first_words_, left_words_)) numbers.second = PartNumbers::unknown;
    if (any(0, left_words_)) numbers.left = PartNumbers::unknown;
    if (any(left_words_, words_)) numbers.right = PartNumbers::unknown;
    return numbers;
}

}  // namespace cowcheck
