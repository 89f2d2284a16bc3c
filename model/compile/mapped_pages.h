// `pte.page` of a PTE that maps no page is no page at all. Where a handler might ask for
// it, whoever compiles puts a question before it.
#pragma once

#include "model/compile/emitter.h"

namespace cowcheck {

// Which bits of a PTE say that it has a frame, in this world.
[[nodiscard]] std::uint16_t frame_bits(const World &world);

// The statements for which the text does not show that the PTE maps a page (`pte.present`
// was found true, and nothing since can have changed it). A question too many costs a few
// instructions and nothing else, so whatever is hard to see counts as not shown.
[[nodiscard]] PageSites find_unproved_pages(const Emitter &emitter);

} // namespace cowcheck
