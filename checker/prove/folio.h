// What the counts of a page sum up: every kind of reference that the kernel takes.
// Small folio: the sum is that of the kernel's page_count(), where a pin is 1024 plain
// references (GUP_PIN_COUNTING_BIAS). Large folio: one refcount for all its pages,
// plus nr_pages for the swap cache, and pins are also counted in _pincount; the
// mapcount is that of one sub-page. Source: __folio_add_rmap, folio_try_grab,
// maybe_dma_pinned and the comments in wp_can_reuse_anon_folio.
#pragma once

#include "model/state/fields.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace cowcheck::prove {

enum class FolioKind : std::uint8_t { small, large, hugetlb };

[[nodiscard]] constexpr std::string_view name_of(FolioKind kind) {
    switch (kind) {
    case FolioKind::small: return "small folio";
    case FolioKind::large: return "large folio";
    case FolioKind::hugetlb: break;
    }
    return "hugetlb folio";
}

// Who would see, or be seen by, a write through my mapping.
enum class Whose : std::uint8_t {
    mine,
    others,     // another process: the page is not exclusive then
    kernel,     // nobody: the kernel holds the page for a while
    elsewhere,  // somebody, but of another page of the folio
};

inline constexpr std::uint64_t pin_weight = gup_pin_counting_bias;

struct Part {
    std::string_view name;  // in queries
    std::string_view one;   // "swap entry of another process"
    std::string_view many;
    std::string_view how;  // how it comes about, for witnesses; may be empty
    Whose whose;
    std::uint16_t refs;        // in the refcount of a small folio
    std::uint16_t large_refs;  // of a large one; nr_pages_weight: as many as it has pages
    bool mapping;              // counted in mapcount
    bool pin;                  // FOLL_PIN
    bool swap;                 // counted in swapcount
    bool at_most_one;
    std::uint8_t folios;  // bit: FolioKind

    [[nodiscard]] constexpr bool in(FolioKind kind) const {
        return ((folios >> static_cast<unsigned>(kind)) & 1U) != 0;
    }
};

inline constexpr std::uint16_t nr_pages_weight = 0xffff;

// The first is always there. The order is that in which witnesses prefer them.
// clang-format off
inline constexpr std::array<Part, 15> parts{{
    {"my_mapping", "mapping of its own", "mappings of its own", "",
     Whose::mine, 1, 1, true, false, false, true, 0b111},
    {"other_gets", "reference (FOLL_GET) of another process", "references (FOLL_GET) of other processes",
     "taken before fork(), and its owner has unmapped the page since",
     Whose::others, 1, 1, false, false, false, false, 0b111},
    {"other_pins", "pin (FOLL_PIN) of another process", "pins (FOLL_PIN) of other processes",
     "taken before fork(), and its owner has unmapped the page since",
     Whose::others, pin_weight, 1, false, true, false, false, 0b111},
    {"other_mappings", "mapping in another process", "mappings in other processes", "",
     Whose::others, 1, 1, true, false, false, false, 0b111},
    {"swap_entries", "swap entry of another process", "swap entries of other processes",
     "swapped out there, so not in the mapcount",
     Whose::others, 0, 0, false, false, true, false, 0b011},
    {"my_gets", "reference (FOLL_GET) of its own", "references (FOLL_GET) of its own", "",
     Whose::mine, 1, 1, false, false, false, false, 0b111},
    {"my_pins", "pin (FOLL_PIN) of its own", "pins (FOLL_PIN) of its own", "",
     Whose::mine, pin_weight, 1, false, true, false, false, 0b111},
    {"speculative", "speculative reference", "speculative references",
     "GUP-fast or a page cache look-up, about to drop it",
     Whose::kernel, 1, 1, false, false, false, false, 0b111},
    {"lru_batch", "CPU's LRU batch", "LRU batches", "not drained yet",
     Whose::kernel, 1, 1, false, false, false, true, 0b011},
    {"swap_cache", "swap cache entry", "swap cache entries", "",
     Whose::kernel, 1, nr_pages_weight, false, false, false, true, 0b011},
    {"isolated", "holder off the LRU", "holders off the LRU",
     "reclaim, compaction, migration or khugepaged",
     Whose::kernel, 1, 1, false, false, false, true, 0b111},
    {"fault_handlers", "fault handler at work on it", "fault handlers at work on it", "",
     Whose::kernel, 1, 1, false, false, false, false, 0b111},
    {"elsewhere_mappings", "mapping of another page of the folio",
     "mappings of other pages of the folio", "",
     Whose::elsewhere, 1, 1, false, false, false, false, 0b010},
    {"elsewhere_gets", "reference (FOLL_GET) to another page of the folio",
     "references (FOLL_GET) to other pages of the folio", "",
     Whose::elsewhere, 1, 1, false, false, false, false, 0b010},
    {"elsewhere_pins", "pin (FOLL_PIN) of another page of the folio",
     "pins (FOLL_PIN) of other pages of the folio", "",
     Whose::elsewhere, 1, 1, false, true, false, false, 0b010},
}};
// clang-format on

}  // namespace cowcheck::prove
