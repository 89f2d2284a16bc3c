// The one table of what a state holds. Everything that walks a state (layout,
// packing, canonical form, printing) is derived from it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cowcheck {

// What a field belongs to: there is one for every process, for every virtual
// page of every process, for every frame, pin, TLB entry (CPU x virtual page),
// and thread.
// `outside` has one element, in worlds with references from outside.
enum class Scope : std::uint8_t { mm, pte, page, pin, tlb, thread, outside };
inline constexpr std::size_t scope_count = 7;

// clang-format off
//            name               scope   word shift bits  what it is
#define COWCHECK_STATE_FIELDS(X)                                                                  \
    X(life,              mm,     0,   0,   2, "0 free slot, 1 alive, 2 being forked, 3 exiting")  \
    X(mmap_readers,      mm,     0,  12,   4, "how many hold mmap_lock for reading")              \
    X(mmap_writer,       mm,     0,   5,   1, "mmap_lock is held for writing")                    \
    X(ptl,               mm,     0,   6,   1, "the page table lock is held")                      \
    X(write_protect_seq, mm,     0,   7,   1, "the sequence count is odd: fork is copying")       \
    X(has_pinned,        mm,     0,   3,   1, "some FOLL_PIN was ever tried in this mm")          \
    X(tlb_flush_pending, mm,     0,   8,   4, "how many deferred TLB flushes are under way")      \
    X(soft_dirty_armed,  mm,     0,   2,   1, "ghost: clear_refs has returned")                   \
    X(vma_readers,       mm,     1,   0,   4, "how many hold the VMA's own lock for reading")     \
    X(vma_writer,        mm,     1,   4,   1, "the VMA's own lock is held for writing")           \
    X(pmd,               mm,     2,   0,  12, "the PMD: none, a page table, or a huge page, see PteBit") \
    X(pte,               pte,    0,   0,  12, "the page table entry, see PteBit")                 \
    X(mapped,            pte,    0,  12,   1, "a VMA covers the page")                            \
    X(wp_armed,          pte,    0,  13,   2, "ghost: 1 protected, 2 and the ioctl has returned, 3 by PAGEMAP_SCAN") \
    X(expects_zero,      pte,    0,  15,   1, "ghost: the process may read zeroes here")          \
    X(read_only,         pte,    1,   0,   1, "mprotect(PROT_READ) took VM_WRITE from the VMA")    \
    X(dont_copy,         pte,    1,   1,   1, "MADV_DONTFORK: fork leaves the VMA out")               \
    X(stored_meanwhile,  pte,    1,   2,   1, "ghost: the process stored here since the first of those began") \
    X(giving_up,         pte,    1,   3,   4, "ghost: how many operations that give up what is here are under way") \
    X(soft_dirty_owed,   pte,    1,   7,   1, "ghost: a store since clear_refs returned is recorded") \
    X(store_barred,      pte,    1,   8,   6, "ghost: whether stores may commit, see StoreBar")   \
    X(spte,              pte,    2,   0,  12, "the secondary MMU's entry, see PteBit")            \
    X(invalidating,      pte,    2,  12,   4, "between invalidate_range_start and _end, how often") \
    X(refcount,          page,   0,   0,  16, "the kernel's number; a pin counts 1024")           \
    X(kind,              page,   1,   0,   2, "0 free, 1 anonymous, 2 zeropage, 3 page cache")    \
    X(mapcount,          page,   1,   2,   4, "how many PTEs map the page")                       \
    X(anon_exclusive,    page,   1,   6,   1, "PageAnonExclusive")                                \
    X(locked,            page,   1,   7,   1, "the page lock is held")                            \
    X(swapcache,         page,   1,   9,   1, "the page is in the swap cache")                     \
    X(page_dirty,        page,   1,  10,   1, "a device has written it since it was written to swap") \
    X(ksm,               page,   1,  11,   1, "PageKsm: several PTEs of one process may map it")   \
    X(zeroed,            page,   1,   8,   1, "ghost: the page holds zeroes")                     \
    X(expected,          page,   2,   0,   8, "ghost: bit mm * pages + va: holds what that reads") \
    X(entitled,          page,   2,   8,   8, "ghost: bit mm, bit mms + pin: may see the content") \
    X(other_half,        page,   1,  12,   4, "of a THP: the frame of the other subpage")          \
    X(compound,          page,   3,   2,   2, "of a THP: 1 its head, 2 its tail")                  \
    X(entire_mapcount,   page,   3,   4,   3, "of a THP's head: how many PMDs map it")             \
    X(mm_mapcount,       page,   3,   8,   8, "of a THP's head: two bits mm: PTEs and PMDs that map it") \
    X(pin_state,         pin,    0,   0,   2, "0 free, 1 GUP under way, 2 held")                  \
    X(pin_write,         pin,    0,   2,   1, "FOLL_WRITE")                                       \
    X(pin_foll_pin,      pin,    0,   3,   1, "FOLL_PIN, not FOLL_GET")                           \
    X(pin_longterm,      pin,    0,   4,   1, "FOLL_LONGTERM")                                    \
    X(pin_attached,      pin,    0,   5,   1, "ghost: the mapping it was taken on still lives")   \
    X(pin_crossed,       pin,    0,   6,   1, "ghost: a fork shared the page since")              \
    X(pin_owned,         pin,    0,   7,   1, "ghost: the process that took it still lives")      \
    X(pin_mm,            pin,    0,   8,   2, "the process that took it")                         \
    X(pin_va,            pin,    0,  10,   2, "the virtual page it was taken on")                 \
    X(pin_page,          pin,    0,  12,   4, "the frame, once held")                             \
    X(tlb_valid,         tlb,    0,   0,   1, "the TLB holds a translation")                      \
    X(tlb_writable,      tlb,    0,   1,   1, "it permits stores without another walk")           \
    X(tlb_page,          tlb,    0,   2,   4, "the frame")                                        \
    X(tlb_stale,         tlb,    0,  11,   1, "ghost: it is of a mapping that was zapped since")   \
    X(batch_valid,       tlb,    0,   6,   1, "the CPU's LRU batch refers to a page it mapped here") \
    X(batch_page,        tlb,    0,   7,   4, "that page")                                        \
    X(pc,                thread, 0,   0,  12, "where the handler rests; 0 is idle")               \
    X(op_mm,             thread, 1,   0,   2, "service threads: the process worked on")           \
    X(op_va,             thread, 1,   2,   2, "the virtual page worked on")                       \
    X(op_pin,            thread, 1,   4,   2, "GUP: the pin that this will become")               \
    X(zapping,           thread, 1,   6,   1, "ghost: cleared a PTE, has not flushed yet")        \
    X(seq_watch,         thread, 1,   7,   2, "1 watches write_protect_seq, 2 it changed, 3 was odd") \
    X(fault_shared,      thread, 1,   9,   1, "ghost: others could reach the page when the fault looked") \
    X(outside_page,      page,   3,   0,   2, "whose references from outside it has, see Program::outside_of") \
    X(constraint,        outside, 0,  0,  16, "what is known about their numbers; the checker has the list")
// clang-format on

enum class Field : std::uint8_t {
#define X(name, scope, word, shift, bits, what) name,
    COWCHECK_STATE_FIELDS(X)
#undef X
};

struct FieldInfo {
    std::string_view name;
    Scope scope;
    std::uint8_t word;   // 16-bit word within one element of the scope
    std::uint8_t shift;  // of its lowest bit
    std::uint8_t bits;
    std::string_view what;

    [[nodiscard]] constexpr std::uint16_t mask() const {
        return static_cast<std::uint16_t>((1U << bits) - 1U);
    }
};

inline constexpr auto field_table = std::to_array<FieldInfo>({
#define X(name, scope, word, shift, bits, what) {#name, Scope::scope, word, shift, bits, what},
    COWCHECK_STATE_FIELDS(X)
#undef X
});

[[nodiscard]] constexpr const FieldInfo& info(Field field) {
    return field_table[static_cast<std::size_t>(field)];
}

// Counts that no more than each thread once makes larger, if the design is right.
[[nodiscard]] constexpr bool counts_threads(Field field) {
    return field == Field::mmap_readers || field == Field::vma_readers ||
           field == Field::tlb_flush_pending || field == Field::invalidating;
}

// Fields that a state has only in worlds where somebody can change them: a world
// without mprotect knows no VMA that is not writable. A bit for each such reason.
struct Part {
    static constexpr std::uint16_t always = 0;
    static constexpr std::uint16_t mprotect = 1;
    static constexpr std::uint16_t swap = 2;
    static constexpr std::uint16_t outside = 4;
    static constexpr std::uint16_t secondary_mmu = 8;
    static constexpr std::uint16_t vma_lock = 16;  // where the design takes it
    static constexpr std::uint16_t lru_batches = 32;
    static constexpr std::uint16_t ksm = 64;
    static constexpr std::uint16_t thp = 128;
    static constexpr std::uint16_t dont_fork = 256;
    static constexpr std::uint16_t zaps = 512;  // where a mapping can end while its process runs
    static constexpr std::uint16_t gives_up = 1024;    // where a system call gives content up
    static constexpr std::uint16_t soft_dirty = 2048;  // where clear_refs' records may be lost
};

[[nodiscard]] constexpr std::uint16_t part_of(Field field) {
    switch (field) {
    case Field::read_only:
    case Field::store_barred: return Part::mprotect;
    case Field::dont_copy: return Part::dont_fork;
    case Field::tlb_stale: return Part::zaps;
    case Field::stored_meanwhile:
    case Field::giving_up: return Part::gives_up;
    case Field::soft_dirty_owed: return Part::soft_dirty;
    case Field::swapcache:
    case Field::page_dirty: return Part::swap;
    case Field::outside_page:
    case Field::constraint: return Part::outside;
    case Field::spte:
    case Field::invalidating: return Part::secondary_mmu;
    case Field::vma_readers:
    case Field::vma_writer: return Part::vma_lock;
    case Field::batch_valid:
    case Field::batch_page: return Part::lru_batches;
    case Field::ksm: return Part::ksm;
    case Field::pmd:
    case Field::compound:
    case Field::other_half:
    case Field::entire_mapcount:
    case Field::mm_mapcount: return Part::thp;
    default: return Part::always;
    }
}

// Thread locals of a handler follow the fixed thread fields: from this bit of
// word 1 on, and in the words after it.
inline constexpr unsigned first_local_word = 1;
inline constexpr unsigned first_local_bit = 10;

// A PTE value: these bits, and the frame number above them. Zero is pte_none().
struct PteBit {
    static constexpr std::uint16_t present = 1U << 0;
    static constexpr std::uint16_t writable = 1U << 1;
    static constexpr std::uint16_t dirty = 1U << 2;
    static constexpr std::uint16_t soft_dirty = 1U << 3;
    static constexpr std::uint16_t uffd_wp = 1U << 4;
    static constexpr std::uint16_t special = 1U << 5;     // vm_normal_page() is NULL
    static constexpr std::uint16_t referenced = 1U << 5;  // of the secondary MMU's: holds FOLL_GET
    static constexpr std::uint16_t huge = 1U << 6;        // a PMD maps it, with its neighbours
    static constexpr std::uint16_t swap = 1U << 7;        // not present: is_swap_pte()
    static constexpr std::uint16_t exclusive = 1U << 6;   // of a swap entry: pte_swp_exclusive()
    // Of a swap entry: a migration entry, which has a frame; its writable and exclusive
    // bits say of which of the three sorts.
    static constexpr std::uint16_t migration = 1U << 5;
    static constexpr std::uint16_t has_frame = present | migration;  // either: of a frame
    static constexpr std::uint16_t table = 1U << 7;  // of a PMD, not present: a page table
    static constexpr unsigned frame_shift = 8;
    static constexpr std::uint16_t frame_mask = 0xf;
};

// What mprotect(PROT_READ) promises of a virtual page, and, above it, how many operations are under
// way that permit stores again.
struct StoreBar {
    static constexpr std::uint16_t under_way = 1;
    static constexpr std::uint16_t promised = 2;
    static constexpr std::uint16_t state = 3;
    static constexpr unsigned permitting_shift = 2;
};

// What designs and traces call the bits. Of those that share a bit, the first is the present
// PTE's.
struct PteFlag {
    std::string_view name;
    std::uint16_t bit;
    bool set;   // a design may set it
    bool told;  // traces tell it of a PTE
};

inline constexpr auto pte_flags = std::to_array<PteFlag>({
    {"present", PteBit::present, false, false},  // follows from the page
    {"writable", PteBit::writable, true, true},
    {"dirty", PteBit::dirty, true, true},
    {"soft_dirty", PteBit::soft_dirty, true, true},
    {"uffd_wp", PteBit::uffd_wp, true, true},
    {"special", PteBit::special, true, true},
    {"referenced", PteBit::referenced, true, false},
    {"huge", PteBit::huge, true, true},
    {"swap", PteBit::swap, true, true},
    {"exclusive", PteBit::exclusive, true, false},
    {"table", PteBit::table, false, false},
});

[[nodiscard]] constexpr bool is_migration_entry(unsigned pte) {
    return (pte & (PteBit::present | PteBit::migration)) == PteBit::migration;
}

// Whether a PTE maps the frame, or is a migration entry that will map it again.
[[nodiscard]] constexpr bool refers_to(unsigned pte, unsigned frame) {
    return (pte & PteBit::has_frame) != 0 && (pte >> PteBit::frame_shift) == frame;
}

enum class Life : std::uint16_t { free, alive, forking, exiting };
enum class PageKind : std::uint16_t { free, anonymous, zeropage, page_cache };
enum class PinState : std::uint16_t { free, pending, held };

// What a page of a THP is to the others: each half knows the frame of the other one.
enum class Compound : std::uint16_t { no, head, tail };

// How large a world may be; what the widths above and a packed state allow.
// GUP_PIN_COUNTING_BIAS: what one FOLL_PIN adds to a refcount.
inline constexpr unsigned gup_pin_counting_bias = 1024;

struct Limits {
    static constexpr unsigned processes = 4;
    static constexpr unsigned pages = 4;     // virtual pages per process
    static constexpr unsigned subpages = 2;  // of a THP, and what one PMD maps
    static constexpr unsigned frames = 14;
    static constexpr unsigned all_frames = 16;  // with those that are never allocated
    static constexpr unsigned pins = 4;
    static constexpr unsigned threads = 8;
    static constexpr unsigned expectations = 8;     // processes x pages
    static constexpr unsigned entitlements = 8;     // processes + pins
    static constexpr unsigned outside_pages = 3;    // pages with references from outside
    static constexpr unsigned outside_numbers = 6;  // of which the world does not say how many
    static constexpr unsigned transient = 16;
};

}  // namespace cowcheck
