#include "checker/team.h"

#include <system_error>

namespace cowcheck {

namespace {

constexpr std::uint64_t threads_mask = 0xff;

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
    for (unsigned left = busy_; left != 0; left = busy_) busy_.wait(left);
}

// Who is not called does not look at anything but the call itself: it may be over long since.
void Team::serve(unsigned number) {
    for (std::uint64_t seen = 0;;) {
        call_.wait(seen);
        seen = call_;
        const auto threads = static_cast<unsigned>(seen & threads_mask);
        if (threads == 0 && seen != 0) return;
        if (number >= threads) continue;
        (*part_)(number);
        if (--busy_ == 0) busy_.notify_one();
    }
}

}  // namespace cowcheck
