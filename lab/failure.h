// Why nothing can be said about a kernel.
#pragma once

#include <stdexcept>

namespace cowcheck {

// What the user can put right: no QEMU, a file that is no kernel.
class LabUnusable : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// The kernel hangs, crashes, or does not answer in time.
class KernelStopped : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace cowcheck
