// Reproducers on real kernels: made by the machine's C compiler, run in a guest.
#pragma once

#include <atomic>
#include <string>
#include <vector>

namespace cowcheck {

// A C program with the name that it goes by.
struct Reproducer {
    std::string name;
    std::string text;
};

// A static program. Throws LabUnusable: there is no compiler, or it complains.
[[nodiscard]] std::string compiled(const Reproducer& reproducer);

struct TriedReproducer {
    std::string name;
    std::vector<std::string> lines;  // what it printed
    int status = 0;                  // 0 ok, 1 not ok, 4 skipped
};

struct TriedKernel {
    std::string image;
    std::string release;
    std::vector<TriedReproducer> results;
    std::string stopped;  // why there are no more; else empty
};

struct StaticProgram {
    std::string name;
    std::string file;
};
// In one guest, one after the other. Throws LabUnusable. `seconds` is how long one of them tries, at most.
[[nodiscard]] TriedKernel try_on(const std::string& image,
                                 const std::vector<StaticProgram>& programs, unsigned seconds,
                                 const std::atomic<bool>& stop);

}  // namespace cowcheck
