// A kernel that runs programs: in a guest, or the one that this process runs on.
#pragma once

#include "lab/child_process.h"
#include "lab/wire_text.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace cowcheck {

// A program that a guest can run, which has nothing else: a static one.
struct GuestFile {
    std::string name;
    std::string content;
};

struct GuestOptions {
    std::string image;  // a bzImage
    std::vector<GuestFile> files;
    // With several, two vCPUs run at once, and what they do varies.
    unsigned cpus = 1;
    std::chrono::milliseconds boot_timeout{120'000};
    unsigned memory_mib = 512;
    unsigned swap_mib = 64;
};

class Kernel {
public:
    // Boots a guest. Throws LabUnusable, or KernelStopped with the last words of its console.
    // Once `stop` is true, whatever is waited for has not come.
    Kernel(const GuestOptions& options, const std::atomic<bool>& stop);
    // The agent as a process of this machine: what would change the machine as a whole (KSM, swap)
    // is left out.
    struct Host {};
    Kernel(Host, const std::atomic<bool>& stop);

    [[nodiscard]] const wire::Hello& hello() const { return hello_; }
    // The results of each repetition. Throws KernelStopped; the kernel is gone then.
    [[nodiscard]] std::vector<wire::Results> run(const std::vector<wire::Step>& steps,
                                                 unsigned repeat, std::uint64_t seed,
                                                 std::chrono::milliseconds timeout);

    struct FileRun {
        std::vector<std::string> lines;
        int status = 0;
        int signal = 0;
    };
    // Of a guest that has the file. Throws KernelStopped.
    [[nodiscard]] FileRun run_file(const std::string& name, std::chrono::milliseconds timeout);

private:
    void await_hello(std::chrono::milliseconds timeout);
    [[noreturn]] void stopped(const std::string& when) const;

    Descriptor console_;  // of a guest: what it printed
    Descriptor errors_;   // what QEMU, or the agent, complained of
    const std::atomic<bool>& stop_;
    std::unique_ptr<ChildProcess> process_;
    wire::Hello hello_;
    std::uint64_t next_id_ = 1;
};

// Whether there is a QEMU to boot a guest with.
[[nodiscard]] bool have_qemu();

// The last lines of a console that say something; what a kernel that crashed has printed about it.
[[nodiscard]] std::string last_words(const std::string& console);

// A swap device as mkswap(8) makes it, but for what follows its first page.
[[nodiscard]] std::string swap_header(unsigned mib);

}  // namespace cowcheck
