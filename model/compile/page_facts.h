// What is known of PTEs and pages at one place of a handler's text: the facts that
// mapped_pages.cpp carries along all ways through it.
#pragma once

#include "model/machine/program.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

namespace cowcheck::page_facts {

// A place in the thread where a local is kept: word, shift and mask.
using Place = std::tuple<unsigned, unsigned, unsigned>;

inline constexpr unsigned pte_mask = 0xfff;
inline constexpr unsigned page_mask = PteBit::frame_mask;

// What stands at the operation's process and page, in the page table or the PMD.
enum class Cell : std::uint8_t { leaf, detached_leaf, pmd, spte };
inline constexpr std::size_t cells = 4;

// A PTE value: sets of bits of each of which one is set, and bits that are all clear.
struct Bits {
    std::set<std::uint16_t> some;
    std::uint16_t clear = 0;

    [[nodiscard]] bool has_one_of(std::uint16_t wanted) const;
    void keep_common(const Bits& other);
    friend bool operator==(const Bits&, const Bits&) = default;
};

// What is known between two steps.
struct Known {
    std::map<Place, Bits> locals;
    std::array<Bits, cells> cell;
    std::array<std::set<Place>, cells> same_as_cell;  // PTEs in locals that are what stands there
    std::array<std::set<Place>, cells>
        page_of_cell;         // pages in locals that are what is mapped there
    std::set<Place> counted;  // pages in locals to which the handler itself has a reference

    void keep_common(const Known& other);
    friend bool operator==(const Known&, const Known&) = default;
};

using Id = std::uint16_t;  // of PTEs, and of pages: equal ones are the same

// What is known of a register.
struct Value {
    enum class Kind : std::uint8_t {
        unknown,
        number,     // number
        own_index,  // of the operation's PTE
        pte,        // id
        page,       // id
        got,        // whether a reference to page `id` was got
        test,       // whether PTE `id` has a bit of `number`
        hint,       // likewise, but false says nothing
        same,       // whether PTEs `id` and `other` are the same
        all         // two others are both true: where they stand
    } kind = Kind::unknown;
    bool inverted = false;  // got, test, same
    std::uint16_t number = 0;
    Id id = 0;
    Id other = 0;
    std::uint16_t conjuncts = 0;
};

// What is known within a step.
class Knowledge {
public:
    explicit Knowledge(const Known& known);

    std::array<Value, Reg::count> regs{};

    // What stays known where others go on. `cells_stay`: they can't change the page table.
    [[nodiscard]] Known at_rest(bool cells_stay) const;

    Id fresh(Bits bits = {});
    // Another value, of which the same is known, and which maps the same page.
    Id fresh_like(Id id);
    Id at(const Place& place);
    Id at(Cell cell);
    void assign(const Place& place, const Value& value);
    void forget_cells() { cells_ = {}; }
    // The hardware makes it dirty.
    void touch_cells();
    void set(Cell cell, Id id);
    [[nodiscard]] const Bits& bits(Id id) const { return bits_[id]; }
    void learn_clear(Id id, std::uint16_t bits) { bits_[id].clear |= bits; }

    // Pages. What a local holds, and what a PTE maps if it maps one.
    Id page_at(const Place& place);
    Id page_of(Id pte);
    void set_page_of(Id pte, Id page) { page_of_[pte] = page; }
    void get(Id page) { counted_.insert(page); }
    // Whose reference goes, and whether it is the last one, is not known.
    void put_any() { counted_.clear(); }
    // Whether it is shown that the page is not with the allocator, as long as counts are sound:
    // the operation's PTE maps it, or the handler has a reference to it.
    [[nodiscard]] bool is_in_use(Id page) const;

    Value all_of(const Value& a, const Value& b);
    // Takes over that a value is true, or false. False: that can't be.
    bool assume(const Value& value, bool holds);

private:
    void unify(Id a, Id b);
    void unify_pages(Id a, Id b);

    std::map<Place, Id> places_;
    std::array<std::optional<Id>, cells> cells_;
    std::vector<Bits> bits_;
    std::map<Place, Id> page_places_;
    std::map<Id, Id> page_of_;  // by PTE
    std::set<Id> counted_;
    Id pages_ = 0;  // how many there are
    std::vector<Value> conjuncts_;
};

}  // namespace cowcheck::page_facts
