// Asking for a cache line ahead of its use.
#pragma once

namespace cowcheck {

// Asks for the cache line of `address`, which need not be valid.
inline void prefetch_line(const void* address) {
    __builtin_prefetch(address);
    // g++ 12 takes a function that does nothing but prefetch for one without any
    // effect and drops the calls. An empty volatile statement keeps them.
    __asm__ volatile("" : : "r"(address));
}

}  // namespace cowcheck
