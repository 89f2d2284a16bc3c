// The conditions in a design's handlers that read how often a page is used, and what
// the handler knows when it evaluates them.
#pragma once

#include "model/compile/design_text.h"

#include <string>
#include <string_view>
#include <vector>

namespace cowcheck::prove {

// The swap slot is no page: `swap_slot.refcount` is one more than the page's swap count.
inline constexpr std::string_view swap_slot = "swap_slot";

// `page.refcount` and the like: a number that sums references of several kinds.
[[nodiscard]] bool is_count(std::string_view field);

// A condition that held, or did not, on the way to a guard, and that nothing on the
// way can have changed: page flags and PTE bits while the page table lock is held.
struct Fact {
    const ast::Expr* condition = nullptr;
    bool holds = true;

    friend bool operator==(const Fact&, const Fact&) = default;
};

struct Guard {
    const ast::Expr* condition = nullptr;
    SourceSpan span;
    std::string handler;  // "do_wp_page"
    std::string text;     // "page.mapcount == 1"
    std::string page;     // whose counts it reads, as the design calls it: "page"
    std::vector<Fact> facts;
};

// Guards of all handlers in force that read a count, themselves or through a
// predicate, in the order of the texts. A condition on the counts of several pages at
// once has an empty `page`.
[[nodiscard]] std::vector<Guard> find_guards(const DesignText& design);

// Whether any handler in force changes PageAnonExclusive.
[[nodiscard]] bool uses_anon_exclusive(const DesignText& design);

// An expression as a design would write it, on one line.
[[nodiscard]] std::string to_text(const ast::Expr& expr);

}  // namespace cowcheck::prove
