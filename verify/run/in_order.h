// Independent pieces of work on several threads, concluded one after the other.
#pragma once

#include "checker/explore/team.h"

#include <cstddef>
#include <functional>

namespace cowcheck {

// Calls work(0), ..., work(count - 1), on up to `threads` threads, and on the calling thread
// conclude(0), ..., conclude(count - 1) in this order, each once its work is done. work(i)
// begins after conclude(i - window) has returned, so at most `window` (1 or more) pieces are
// begun and not concluded. With one thread, all of it happens on the calling one.
//
// A thread that waits for a piece is lent to `spare` meanwhile, and for good when there are no
// more.
//
// What work or conclude throws is thrown here, that of the smallest number first, when the
// work under way is done; no more is begun.
void in_order(std::size_t count, std::size_t window, unsigned threads,
              const std::function<void(std::size_t)>& work,
              const std::function<void(std::size_t)>& conclude, SpareThreads* spare = nullptr);

// How `threads` threads are divided among `pieces` pieces of work: so many at a time, and so
// many for each. Many pieces at a time are faster than many threads on one of them.
struct Shares {
    unsigned at_a_time = 1;
    unsigned threads_each = 1;
};
[[nodiscard]] Shares shares_of(unsigned threads, std::size_t pieces);

}  // namespace cowcheck
