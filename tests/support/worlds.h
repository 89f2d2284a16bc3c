// Small worlds that more than one test needs.
#pragma once

#include <string>

namespace cowcheck::test {

// Two processes that are alike: whoever forks, the other is the child.
inline const std::string twins = R"(
world twins
title "two processes that are alike"
pages  1
frames 3
pins   1
munmap leaves nothing
process left {
    cpus 1
    maps va 0 anonymous written
    may write, fork, exit, gup(read, pin, longterm)
}
process right {
    starts free
    cpus 1
    may write, fork, exit, gup(read, pin, longterm)
}
device { may unpin }
)";

// The same with everything that can have a name: two CPUs each, two pins.
inline const std::string wide_twins = R"(
world wide-twins
title "two processes that are alike, two CPUs each, two pins"
pages  1
frames 4
pins   2
munmap leaves fresh mapping
process left {
    cpus 2
    maps va 0 anonymous written
    may read, write, fork, munmap, exit, gup(read, get), gup_fast(write, pin)
}
process right {
    starts free
    cpus 2
    may read, write, fork, munmap, exit, gup(read, get), gup_fast(write, pin)
}
monitor { may uffd_wp_protect, uffd_wp_resolve }
procfs  { may clear_refs }
device  { may dma_read, dma_write, unpin }
)";

// Twins with a secondary MMU, LRU batches and an asynchronous userfaultfd.
inline const std::string busy_twins = R"(
world busy-twins
title "two processes that are alike, with whatever else can name a page"
pages  1
frames 4
pins   1
munmap leaves fresh mapping
uffd   wp_async
lru    batches
process left {
    cpus 1
    maps va 0 anonymous untouched
    may read, write, fork, munmap, exit, gup(read, get)
}
process right {
    starts free
    cpus 1
    may read, write, fork, munmap, exit, gup(read, get)
}
procfs { may pagemap_scan }
kernel { may lru_add_drain_all }
secondary_mmu {
    may secondary_fault(write, get, keep), secondary_fault(read), secondary_read, secondary_write
}
device { may unpin }
)";

// Two pages, so that loops over them and their names take part.
inline const std::string small_two_pages = R"(
world small-two-pages
title "two pages of one process and its child"
pages  2
frames 3
pins   0
munmap leaves nothing
process parent {
    cpus 1
    maps va 0 anonymous written
    maps va 1 anonymous written
    may write, fork
}
process child {
    starts free
    cpus 1
    may read, exit
}
)";

// Two processes that are alike and may share a THP, mapped by PMDs and by PTEs.
inline const std::string thp_twins = R"(
world thp-twins
title "two processes that are alike, with a THP"
pages  2
frames 5
pins   1
munmap leaves fresh mapping
process left {
    cpus 1
    maps va 0 thp written
    may read, write, fork, exit, munmap, munmap_range, madvise_collapse, gup_fast(read, get)
}
process right {
    starts free
    cpus 1
    may read, write, fork, exit, munmap, munmap_range, madvise_collapse, gup_fast(read, get)
}
kernel { may split_folio }
device { may dma_read, unpin }
)";

}  // namespace cowcheck::test
