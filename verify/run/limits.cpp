#include "verify/run/limits.h"

#include "checker/store/huge_memory.h"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <string>

#include <unistd.h>

namespace cowcheck {

namespace {

std::atomic<Stop*> interrupted{nullptr};

extern "C" void ask_to_stop(int /*signal*/) {
    if (Stop* stop = interrupted.load()) stop->requested.store(true);
}

void set_handler(void (*handler)(int), int flags) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigemptyset(&action.sa_mask);
    for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
}

// The number in a file; "max" and what isn't there are no limit.
std::uint64_t limit_in(const std::string& path) {
    std::ifstream file(path);
    std::uint64_t value = 0;
    return file >> value ? value : UINT64_MAX;
}

// The limits of the control group and of all groups around it (version 2), or of the
// group as a container sees it (version 1).
std::uint64_t control_group_limit() {
    std::uint64_t limit = limit_in("/sys/fs/cgroup/memory/memory.limit_in_bytes");
    std::ifstream groups("/proc/self/cgroup");
    std::string group;
    while (std::getline(groups, group) && !group.starts_with("0::"))
        ;
    group.erase(0, 3);
    for (;;) {
        limit = std::min(limit, limit_in("/sys/fs/cgroup" + group + "/memory.max"));
        const std::size_t slash = group.rfind('/');
        if (slash == std::string::npos) return limit;
        group.erase(slash);
    }
}

}  // namespace

std::uint64_t default_memory_limit() {
    return std::min<std::uint64_t>(physical_memory_bytes(), control_group_limit()) / 10 * 9;
}

std::uint64_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    file >> size >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

InterruptGuard::InterruptGuard(Stop& stop) {
    interrupted = &stop;
    set_handler(ask_to_stop, static_cast<int>(SA_RESETHAND));
}

InterruptGuard::~InterruptGuard() {
    set_handler(SIG_DFL, 0);
    interrupted = nullptr;
}

}  // namespace cowcheck
