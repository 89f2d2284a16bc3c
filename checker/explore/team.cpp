#include "checker/explore/team.h"

#include <system_error>

namespace cowcheck {

namespace {

constexpr std::uint64_t threads_mask = 0xff;

void cpu_relax() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

// Waits until it is no longer `old`; returns what it is. To be woken takes longer than a small step
// of an exploration, so that it looks by itself first, for a tenth of a millisecond.
template <class T>
T wait_for_change(const std::atomic<T>& value, T old) {
    constexpr unsigned most_looks = 2000;
    for (unsigned looks = 0; looks < most_looks; ++looks) {
        const T now = value;
        if (now != old) return now;
        cpu_relax();
    }
    value.wait(old);
    return value;
}

}  // namespace

unsigned SpareThreads::adjust(unsigned used, unsigned most) {
    for (int idle = idle_.load();;) {
        const bool give = idle < 0 && used > 0;
        const bool take = idle > 0 && used < most;
        if (!give && !take) return used;
        if (!idle_.compare_exchange_weak(idle, give ? idle + 1 : idle - 1)) continue;
        used = give ? used - 1 : used + 1;
        idle = idle_.load();
    }
}

Team::Team(unsigned size) {
    try {
        others_.reserve(size);
        for (unsigned i = 1; i < size; ++i) others_.emplace_back([this, i] { serve(i); });
    } catch (const std::system_error&) {
        // It works without them.
    }
}

Team::~Team() {
    call(0);  // all of them leave
    for (std::thread& other : others_) other.join();
}

void Team::call(std::uint64_t threads) {
    call_ = ((call_ | threads_mask) + 1) | threads;
    call_.notify_all();
}

void Team::run(unsigned threads, const std::function<void(unsigned)>& part) {
    if (threads > 1) {
        part_ = &part;
        busy_ = threads - 1;
        call(threads);
    }
    part(0);
    for (unsigned left = busy_; left != 0;) left = wait_for_change(busy_, left);
}

// Who is not called does not look at anything but the call itself: it may be over long since.
void Team::serve(unsigned number) {
    for (std::uint64_t seen = 0;;) {
        seen = wait_for_change(call_, seen);
        const auto threads = static_cast<unsigned>(seen & threads_mask);
        if (threads == 0 && seen != 0) return;
        if (number >= threads) continue;
        (*part_)(number);
        if (--busy_ == 0) busy_.notify_one();
    }
}

}  // namespace cowcheck
