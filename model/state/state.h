// A state, and where a world's layout puts the fields in it.
#pragma once

#include "model/state/fields.h"

#include <array>
#include <cstdint>
#include <vector>

namespace cowcheck {

// A whole machine as a value: no heap behind it, copied by assignment. The words
// of one scope element are adjacent; see Layout for where each begins. Words
// that no field uses are zero.
struct State {
    static constexpr unsigned max_words = 80;
    alignas(32) std::array<std::uint16_t, max_words> words{};

    friend bool operator==(const State&, const State&) = default;
};

// Where the elements of each scope stand in a State of one world and program.
// A field of a thread, from the thread's own words.
template <Field F>
[[nodiscard]] constexpr unsigned of_thread(const std::uint16_t* words) {
    constexpr FieldInfo field = info(F);
    static_assert(field.scope == Scope::thread);
    return (unsigned{words[field.word]} >> field.shift) & unsigned{field.mask()};
}

struct Layout {
    std::array<std::uint8_t, scope_count> base{};    // first word of element 0
    std::array<std::uint8_t, scope_count> stride{};  // words from one element to the next
    std::array<std::uint8_t, scope_count> count{};   // elements
    std::uint8_t words = 0;                          // in use
    std::uint8_t thread_words = 0;                   // first word of the threads (the last scope)
    std::uint8_t pages = 1;                          // virtual pages per process
    std::uint8_t mms = 1;
    std::uint16_t parts = 0;  // Part: which optional fields there are

    // Whether states of this world have the field at all.
    [[nodiscard]] bool has(Field field) const {
        return part_of(field) == Part::always || (part_of(field) & parts) != 0;
    }
    // The largest value that states of this world keep of the field; 0 if they have none.
    // Few worlds have so many threads that counts of them need their last bit.
    [[nodiscard]] std::uint16_t largest(Field field) const {
        if (!has(field)) return 0;
        const bool narrow = counts_threads(field) && size(Scope::thread) < Limits::threads;
        return static_cast<std::uint16_t>(narrow ? info(field).mask() >> 1U : info(field).mask());
    }
    [[nodiscard]] unsigned element(Scope scope, unsigned index) const {
        const auto s = static_cast<std::size_t>(scope);
        return base[s] + index * stride[s];
    }
    [[nodiscard]] unsigned size(Scope scope) const {
        return count[static_cast<std::size_t>(scope)];
    }
    [[nodiscard]] unsigned get(const State& state, Field field, unsigned index) const {
        if (!has(field)) return 0;
        const FieldInfo& f = info(field);
        return (unsigned{state.words[element(f.scope, index) + f.word]} >> f.shift) &
               unsigned{f.mask()};
    }
    void set(State& state, Field field, unsigned index, unsigned value) const {
        const FieldInfo& f = info(field);
        auto& word = state.words[element(f.scope, index) + f.word];
        const unsigned mask = unsigned{f.mask()} << f.shift;
        word = static_cast<std::uint16_t>((word & ~mask) | ((value << f.shift) & mask));
    }
    // Who is at work, as bits.
    struct Work {
        std::uint8_t threads = 0;    // that have a handler under way
        std::uint8_t processes = 0;  // that one of them works on
    };
    [[nodiscard]] Work work(const State& state) const {
        unsigned threads = 0;
        unsigned processes = 0;
        const std::uint16_t* thread = &state.words[element(Scope::thread, 0)];
        const unsigned next = stride[static_cast<std::size_t>(Scope::thread)];
        for (unsigned t = 0; t < size(Scope::thread); ++t, thread += next) {
            const unsigned runs = of_thread<Field::pc>(thread) != 0;
            threads |= runs << t;
            processes |= runs << of_thread<Field::op_mm>(thread);
        }
        return {static_cast<std::uint8_t>(threads), static_cast<std::uint8_t>(processes)};
    }
    // The other frame of the THP that a frame is in, or the frame itself.
    [[nodiscard]] unsigned other_half(const State& state, unsigned frame) const {
        return get(state, Field::compound, frame) != 0 ? get(state, Field::other_half, frame)
                                                       : frame;
    }
    // compound_head()
    [[nodiscard]] unsigned head_of(const State& state, unsigned frame) const {
        return get(state, Field::compound, frame) == static_cast<unsigned>(Compound::tail)
                   ? get(state, Field::other_half, frame)
                   : frame;
    }
    // Of the page that a PMD maps, what it maps at va; the huge zeropage is the same everywhere.
    [[nodiscard]] unsigned subpage(const State& state, unsigned frame, unsigned va) const {
        const unsigned head = head_of(state, frame);
        return va % Limits::subpages == 0 ? head : other_half(state, head);
    }
    // What maps the page: the PMD if it is a huge one, with the frame of the subpage, or the
    // PTE. A page table that the PMD does not point to (any more) counts only if `detached`.
    [[nodiscard]] unsigned leaf(const State& state, unsigned mm, unsigned va,
                                bool detached = false) const {
        if (!has(Field::pmd)) return get(state, Field::pte, pte_index(mm, va));
        const unsigned pmd = get(state, Field::pmd, mm);
        if ((pmd & PteBit::huge) != 0)
            return (pmd & 0xffU) |
                   (subpage(state, pmd >> PteBit::frame_shift, va) << PteBit::frame_shift);
        return pmd == 0 && !detached ? 0U : get(state, Field::pte, pte_index(mm, va));
    }
    [[nodiscard]] unsigned pte_index(unsigned mm, unsigned va) const { return mm * pages + va; }
    [[nodiscard]] unsigned tlb_index(unsigned cpu, unsigned va) const { return cpu * pages + va; }
};

}  // namespace cowcheck
