// How one comes to a page, or to what a page or the swap slot holds: the one table of it. The
// canonical form, dead ghosts, movers and reachable_by_others() go by it, so none of them has a
// list of its own that could lack a way.
//
// tests/unit/ways_test.cpp takes each row from each of them, and has a system that shows it.
#pragma once

#include "model/state/fields.h"

#include <array>
#include <concepts>
#include <cstdint>
#include <string_view>
#include <utility>

namespace cowcheck {

enum class Way : std::uint8_t {
    pte,
    detached_table,
    migration_entry,
    secondary_mmu,
    huge_pmd,
    tlb,
    lru_batch,
    pin,
    fixed,
    allocator,
    swap_cache,
    swap_slot,
    ksm_page,
    twin,
    other_half,
    local,
};
inline constexpr std::size_t way_count = static_cast<std::size_t>(Way::local) + 1;
using WaySet = std::uint16_t;
static_assert(way_count <= 16);

template <class... Ways>
[[nodiscard]] constexpr WaySet ways(Ways... each) {
    return static_cast<WaySet>((0U | ... | (1U << static_cast<unsigned>(Way{each}))));
}
[[nodiscard]] constexpr bool has(WaySet set, Way way) { return (set & ways(way)) != 0; }

// What a slot tells.
enum class Leads : std::uint8_t {
    entry,    // a field like a PTE, with the frame above its flags
    number,   // a field, and the frame's number beside it in the same element
    swap,     // a field like a PTE that tells of the swap slot, which has a frame of its own
    page,     // a field of the page itself: no slot need lead to it
    text,     // nothing in a state: a design's text may name the page
    content,  // what pages hold
    thread,   // a local; the rest of its thread says where it is (Rest::frames)
};

// Of a process with THPs, which of its PTEs are meant.
enum class PageTable : std::uint8_t {
    any,
    in_use,      // those of a page table that the PMD points to
    taken_away,  // those of one that it does not point to (any more)
};

// Where a way's slots are: `field` of each element of its scope. One leads to a page if its value
// has some bit of `some`, if there are any, and none of `none`.
struct Slots {
    Leads leads = Leads::text;
    Field field = Field::pc;
    std::uint16_t some = 0;
    std::uint16_t none = 0;
    Field number = Field::pc;  // Leads::number: where the frame is
    PageTable table = PageTable::any;

    [[nodiscard]] constexpr bool lead(unsigned value) const {
        return (some == 0 || (value & some) != 0) && (value & none) == 0;
    }
    [[nodiscard]] constexpr bool of_page_table() const {
        return leads == Leads::entry && (field == Field::pte || field == Field::pmd);
    }
    // Whether it has a frame's number in it, outside the threads.
    [[nodiscard]] constexpr bool have_number() const {
        return leads == Leads::entry || leads == Leads::number;
    }
};

// When a program's states have such a way.
enum class Where : std::uint8_t {
    always,
    has_field,  // where they have the field of the slots
    thp,
    migration,  // the kernel migrates pages
    swap,
    search,  // some text comes to mapped pages by what they hold
};

// What the canonical form does with a slot when frames get other names.
enum class Renaming : std::uint8_t {
    no,
    in_order,        // it is renamed; the first slot that leads to a frame gives it its number
    behind_its_half  // it is renamed; the frame gets the number after that of its other half
};

// Who comes to read what the page holds, as far as what is remembered of content goes.
enum class ReadBy : std::uint8_t {
    no,
    process,       // the process that the slot belongs to
    cpu,           // the process that the CPU runs
    holder,        // who has the pin
    handler,       // the process that the handler works on
    swap_entries,  // processes with a swap entry; for swap_slot, what their handlers have, too
    of_its_half,   // those who read the other half by a page table or a local
    everybody,
};

// Why a page that one comes to is not private to a handler: whether its step is a mover.
enum class Apart : std::uint8_t {
    no,
    never,    // it is not
    process,  // but to handlers of that process, as they hold its ptl
    search,   // page tables of its process do not keep it private
    cpu,      // but to handlers on that CPU; fields that are only touched under ptl are
    dropper,  // but those fields, if a reference is left when the pin's is dropped
    thread,   // but to that handler
    folio,    // if the page is, its other half is
};

// Whether reachable_by_others() asks for it. `process` and the like: if it is not the one that
// asks.
enum class Sharing : std::uint8_t {
    no,
    process,
    holder,
    handler,
    swap_entries,  // if another process has a swap entry
    anybody,
    folio,  // a handler that has the other half has the page
};

// What must be said: there is no value that it has by itself.
template <class T>
struct Given {
    T value;
    template <class From>
    requires std::convertible_to<From, T>
    constexpr Given(From&& from) : value(std::forward<From>(from)) {}
};

// What a consumer does with a way, or why it need not.
template <class How>
struct Cell {
    How how;
    std::string_view why;
    constexpr Cell(How does, std::string_view because) : how(does), why(because) {}
};

struct WayRow {
    Given<Way> way;
    Given<std::string_view> name;
    Given<std::string_view> what;
    Given<Slots> slots;
    Given<Where> where;
    Cell<Renaming> renaming;
    Cell<ReadBy> readers;
    Cell<Apart> apart;
    Cell<Sharing> sharing;
};

// clang-format off
// In the order in which slots name frames.
inline constexpr auto way_table = std::to_array<WayRow>({
    {.way = Way::pte, .name = "pte", .what = "a PTE maps it",
     .slots = Slots{Leads::entry, Field::pte, PteBit::present, 0, Field::pte, PageTable::in_use},
     .where = Where::always,
     .renaming = {Renaming::in_order, "of any page table, used or not"},
     .readers = {ReadBy::process, "its CPUs walk the page table"},
     .apart = {Apart::process, "who works on a page table holds its ptl"},
     .sharing = {Sharing::process, "its CPUs walk the page table"}},
    {.way = Way::detached_table, .name = "detached_table", .what = "a PTE in a page table that no PMD points to",
     .slots = Slots{Leads::entry, Field::pte, PteBit::present, 0, Field::pte, PageTable::taken_away},
     .where = Where::thp,
     .renaming = {Renaming::no, "its slots are those of pte"},
     .readers = {ReadBy::no, "its slots are those of pte, and as much is remembered"},
     .apart = {Apart::process, "khugepaged holds the ptl"},
     .sharing = {Sharing::process, "khugepaged may give the table back"}},
    {.way = Way::migration_entry, .name = "migration_entry", .what = "a migration entry, which will map it again",
     .slots = Slots{Leads::entry, Field::pte, PteBit::migration, PteBit::present, Field::pte, PageTable::any},
     .where = Where::migration,
     .renaming = {Renaming::in_order, "it has the frame's number"},
     .readers = {ReadBy::process, "it will map the page, or the copy that a handler of the kernel makes"},
     .apart = {Apart::process, "who puts the page back holds the ptl"},
     .sharing = {Sharing::process, "it will map the page, or the copy that a handler of the kernel makes"}},
    {.way = Way::secondary_mmu, .name = "secondary_mmu", .what = "a secondary MMU's entry",
     .slots = Slots{Leads::entry, Field::spte, PteBit::present, 0, Field::spte, PageTable::any},
     .where = Where::has_field,
     .renaming = {Renaming::in_order, "it has the frame's number"},
     .readers = {ReadBy::process, "the device reads in the process's place"},
     .apart = {Apart::never, "it takes no ptl"},
     .sharing = {Sharing::process, "the device reads in the process's place"}},
    {.way = Way::huge_pmd, .name = "huge_pmd", .what = "a huge PMD maps it",
     .slots = Slots{Leads::entry, Field::pmd, PteBit::present, 0, Field::pmd, PageTable::any},
     .where = Where::has_field,
     .renaming = {Renaming::in_order, "it has the frame's number"},
     .readers = {ReadBy::process, "its CPUs walk the page table"},
     .apart = {Apart::process, "who works on a page table holds its ptl"},
     .sharing = {Sharing::process, "its CPUs walk the page table"}},
    {.way = Way::tlb, .name = "tlb", .what = "a TLB entry",
     .slots = Slots{Leads::number, Field::tlb_valid, 1, 0, Field::tlb_page, PageTable::any},
     .where = Where::always,
     .renaming = {Renaming::in_order, "it has the frame's number"},
     .readers = {ReadBy::cpu, "the CPU reads by it until it is flushed"},
     .apart = {Apart::cpu, "an access by it takes no lock, and touches nothing that is under ptl"},
     .sharing = {Sharing::no, "who ended the mapping still has the page in a local"}},
    {.way = Way::lru_batch, .name = "lru_batch", .what = "a CPU's LRU batch",
     .slots = Slots{Leads::number, Field::batch_valid, 1, 0, Field::batch_page, PageTable::any},
     .where = Where::has_field,
     .renaming = {Renaming::in_order, "it has the frame's number"},
     .readers = {ReadBy::no, "it only drops its reference"},
     .apart = {Apart::never, "whoever drains it takes no ptl"},
     .sharing = {Sharing::no, "it reads nothing"}},
    {.way = Way::pin, .name = "pin", .what = "a pin that is held",
     .slots = Slots{Leads::number, Field::pin_state, 2, 0, Field::pin_page, PageTable::any},
     .where = Where::has_field,
     .renaming = {Renaming::in_order, "it has the frame's number"},
     .readers = {ReadBy::holder, "the device reads and writes"},
     .apart = {Apart::dropper, "devices take no lock"},
     .sharing = {Sharing::holder, "the device reads and writes"}},
    {.way = Way::fixed, .name = "fixed", .what = "a zeropage, or a file's page: any text may name it",
     .slots = Slots{},
     .where = Where::always,
     .renaming = {Renaming::no, "it keeps its number"},
     .readers = {ReadBy::everybody, "any process may come to map it"},
     .apart = {Apart::never, "any text may name it"},
     .sharing = {Sharing::anybody, "any process may come to map it"}},
    {.way = Way::allocator, .name = "allocator", .what = "it is free: the allocator gives it to anybody",
     .slots = Slots{Leads::page, Field::kind, 0, info(Field::kind).mask(), Field::pc, PageTable::any},
     .where = Where::always,
     .renaming = {Renaming::no, "it says so itself, and free pages are all alike"},
     .readers = {ReadBy::no, "a free page holds nothing"},
     .apart = {Apart::never, "anybody may allocate it"},
     .sharing = {Sharing::anybody, "anybody may allocate it"}},
    {.way = Way::swap_cache, .name = "swap_cache", .what = "the swap cache, where who faults on a swap entry looks it up",
     .slots = Slots{Leads::page, Field::swapcache, 1, 0, Field::pc, PageTable::any},
     .where = Where::has_field,
     .renaming = {Renaming::no, "it says so itself"},
     .readers = {ReadBy::swap_entries, "who faults on a swap entry, or asks for it without"},
     .apart = {Apart::never, "any text may ask for it"},
     .sharing = {Sharing::swap_entries, "who faults on a swap entry maps it"}},
    {.way = Way::swap_slot, .name = "swap_slot", .what = "a swap entry, to what the slot holds",
     .slots = Slots{Leads::swap, Field::pte, PteBit::swap, PteBit::has_frame, Field::pc, PageTable::any},
     .where = Where::swap,
     .renaming = {Renaming::no, "the slot keeps its number"},
     .readers = {ReadBy::swap_entries, "who faults on a swap entry gets a copy, or what a handler has meanwhile"},
     .apart = {Apart::never, "any text may name the slot"},
     .sharing = {Sharing::anybody, "any text may name the slot"}},
    {.way = Way::ksm_page, .name = "ksm_page", .what = "it is a KSM page: ksmd gives it to whoever has the same",
     .slots = Slots{Leads::page, Field::ksm, 1, 0, Field::pc, PageTable::any},
     .where = Where::has_field,
     .renaming = {Renaming::no, "it says so itself"},
     .readers = {ReadBy::no, "who has the same comes to it as to any twin"},
     .apart = {Apart::no, "who has the same comes to it as to any twin"},
     .sharing = {Sharing::anybody, "it is not told whose it is"}},
    {.way = Way::twin, .name = "twin", .what = "ksmd: another page holds the same",
     .slots = Slots{Leads::content, Field::pc, 0, 0, Field::pc, PageTable::any},
     .where = Where::search,
     .renaming = {Renaming::no, "what a page holds is its own"},
     .readers = {ReadBy::everybody, "who reads either page may come to read the other one"},
     .apart = {Apart::search, "ksmd comes to mapped pages without their ptl"},
     .sharing = {Sharing::no, "another process gets a page of this one once it is a KSM page"}},
    {.way = Way::other_half, .name = "other_half", .what = "the other half of its THP",
     .slots = Slots{Leads::number, Field::compound, info(Field::compound).mask(), 0, Field::other_half, PageTable::any},
     .where = Where::has_field,
     .renaming = {Renaming::behind_its_half, "who has one half has the other one"},
     .readers = {ReadBy::of_its_half, "who works on one page of a THP may come to hold all of it"},
     .apart = {Apart::folio, "either half leads to the counts and to the other one"},
     .sharing = {Sharing::folio, "a handler goes from half to half"}},
    {.way = Way::local, .name = "local", .what = "a handler has it in a local",
     .slots = Slots{Leads::thread, Field::pc, 0, 0, Field::pc, PageTable::any},
     .where = Where::always,
     .renaming = {Renaming::in_order, "it has the frame's number"},
     .readers = {ReadBy::handler, "it may copy the page"},
     .apart = {Apart::thread, "it may do anything"},
     .sharing = {Sharing::handler, "it may map the page"}},
});
// clang-format on

[[nodiscard]] constexpr const WayRow& row_of(Way way) {
    return way_table[static_cast<std::size_t>(way)];
}
static_assert(
    [] {
        for (std::size_t i = 0; i < way_table.size(); ++i)
            if (static_cast<std::size_t>(way_table[i].way.value) != i) return false;
        return way_table.size() == way_count;
    }(),
    "each way has its row, in their order");

// Which rows each of those goes by who go by the table: what a program's states can have, and
// what the column asks for. Tests take some away.
struct WaysUsed {
    WaySet renaming = 0;
    WaySet readers = 0;
    WaySet apart = 0;
    WaySet sharing = 0;

    [[nodiscard]] constexpr WaysUsed without(const WaysUsed& other) const {
        const auto rest = [](WaySet set, WaySet gone) {
            return static_cast<WaySet>(set & ~unsigned{gone});
        };
        return {rest(renaming, other.renaming), rest(readers, other.readers),
                rest(apart, other.apart), rest(sharing, other.sharing)};
    }
    friend bool operator==(const WaysUsed&, const WaysUsed&) = default;
};
struct WayUse {
    std::string_view name;
    WaySet WaysUsed::*of;
};
inline constexpr auto way_uses = std::to_array<WayUse>({
    {"renaming", &WaysUsed::renaming},
    {"readers", &WaysUsed::readers},
    {"apart", &WaysUsed::apart},
    {"sharing", &WaysUsed::sharing},
});

// The rows whose cells do not say `no`.
inline constexpr WaysUsed ways_asked_for = [] {
    WaysUsed used;
    for (const WayRow& row : way_table) {
        const WaySet bit = ways(row.way.value);
        if (row.renaming.how != Renaming::no) used.renaming |= bit;
        if (row.readers.how != ReadBy::no) used.readers |= bit;
        if (row.apart.how != Apart::no) used.apart |= bit;
        if (row.sharing.how != Sharing::no) used.sharing |= bit;
    }
    return used;
}();

// Whether ask<way>() is true of some way of the set. All is unfolded: a cell that a consumer
// does not care for costs nothing.
template <class Ask>
[[nodiscard]] constexpr bool some_way(WaySet set, Ask&& ask) {
    return [&]<std::size_t... each>(std::index_sequence<each...>) {
        return ((((unsigned{set} >> each) & 1U) != 0 &&
                 ask.template operator()<static_cast<Way>(each)>()) ||
                ...);
    }
    (std::make_index_sequence<way_count>());
}

}  // namespace cowcheck
