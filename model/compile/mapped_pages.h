// What a design's text shows of the pages that its handlers look at.
#pragma once

#include "model/compile/emitter.h"

#include <vector>

namespace cowcheck {

// Which bits of a PTE say that it has a frame, in this world.
[[nodiscard]] std::uint16_t frame_bits(const World& world);

// Whatever is hard to see counts as not shown.
struct PageProofs {
    // Statements that ask for the page of a PTE which may map none: that it does (`pte.present`
    // was found true, and nothing since can have changed it) is not shown. A question too many
    // costs a few instructions and nothing else.
    PageSites unmapped;
    // Statements that ask whether a page is anonymous which may be with the allocator: that the
    // operation's PTE maps it, under ptl, or that the handler has a reference, is not shown.
    // Either keeps a page from being freed, if the design counts its references right.
    PageSites unused;
    // By rest: which of its `frames` hold pages that the handler is shown to have a reference to.
    std::vector<std::uint8_t> counted;
};

[[nodiscard]] PageProofs prove_pages(const Emitter& emitter);

}  // namespace cowcheck
