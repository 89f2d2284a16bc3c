#include "lab/kernel.h"

#include "lab/agent_image.h"
#include "lab/cpio.h"
#include "lab/failure.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace cowcheck {

namespace {

constexpr const char* qemu = "qemu-system-x86_64";

// Virtual time goes on while a vCPU is stopped and other guests want the CPU: nothing in the guest
// may take that for a fault. -panic=-1 with -no-reboot ends QEMU when the kernel crashes.
// FOLL_FORCE is what kernels had before v6.12, which leave it to a setting.
constexpr const char* command_line =
    "console=ttyS0 nokaslr nopti mitigations=off tsc=reliable nowatchdog nosoftlockup "
    "rcupdate.rcu_cpu_stall_suppress=1 panic=-1 oops=panic loglevel=5 "
    "proc_mem.force_override=always rdinit=/init";

void check_image(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw LabUnusable(path + ": cannot be read");
    // The boot protocol's magic (kernel, arch/x86/boot.rst).
    std::array<char, 4> magic{};
    file.seekg(0x202);
    file.read(magic.data(), magic.size());
    if (!file || std::string_view(magic.data(), magic.size()) != "HdrS")
        throw LabUnusable(path + ": is no bzImage");
}

std::string root_file_system(const std::vector<GuestFile>& files) {
    if (agent_image().empty())
        throw LabUnusable("this build has no agent: it is made on x86-64 only");
    std::vector<ArchiveEntry> entries{{"dev", 0040755, {}, 0, 0},
                                      {"dev/console", 0020600, {}, 5, 1},
                                      {"init", 0100755, agent_image(), 0, 0}};
    for (const GuestFile& file : files) entries.push_back({file.name, 0100755, file.content, 0, 0});
    return newc_archive(entries);
}

Descriptor swap_drive(unsigned mib) {
    Descriptor drive = unnamed_file("swap", swap_header(mib));
    if (ftruncate(drive.number(), static_cast<off_t>(mib) << 20) != 0)
        throw LabUnusable("no room for the guest's swap");
    return drive;
}

std::string path_of(const Descriptor& file) { return fmt::format("/dev/fd/{}", file.number()); }

std::vector<std::string> qemu_arguments(const GuestOptions& options, const Descriptor& initrd,
                                        const Descriptor& swap, const Descriptor& console) {
    const unsigned node = options.memory_mib / 2;
    const bool several = options.cpus > 1;
    return {"-accel", several ? "tcg,thread=multi" : "tcg,thread=single", "-machine", "pc",
            "-cpu", "Nehalem", "-smp", std::to_string(options.cpus),
            "-m", std::to_string(node * 2), "-nodefaults", "-no-user-config", "-display", "none",
            "-no-reboot",
            // Two nodes, for move_pages(2).
            "-object", fmt::format("memory-backend-ram,id=m0,size={}M", node),
            "-object", fmt::format("memory-backend-ram,id=m1,size={}M", node),
            "-numa", fmt::format("node,memdev=m0,cpus=0-{}", options.cpus - 1), "-numa", "node,memdev=m1",
            "-drive", "format=raw,if=none,id=swap,cache=unsafe,file=" + path_of(swap),
            "-device", "nvme,drive=swap,serial=swap", "-kernel", options.image,
            "-initrd", path_of(initrd), "-append", command_line,
            "-serial", "file:" + path_of(console), "-serial", "stdio"};
}

}  // namespace

bool have_qemu() {
    const char* path = std::getenv("PATH");
    std::string_view rest = path == nullptr ? "" : path;
    while (!rest.empty()) {
        const auto size = std::min(rest.find(':'), rest.size());
        if (access((std::string(rest.substr(0, size)) + "/" + qemu).c_str(), X_OK) == 0)
            return true;
        rest.remove_prefix(std::min(size + 1, rest.size()));
    }
    return false;
}

std::string swap_header(unsigned mib) {
    constexpr std::size_t page = 4096;
    constexpr std::string_view signature = "SWAPSPACE2";
    std::string header(page, '\0');
    const auto put = [&](std::size_t at, std::uint32_t number) {
        std::memcpy(header.data() + at, &number, sizeof number);
    };
    put(1024, 1);                                              // version
    put(1028, static_cast<std::uint32_t>((mib << 20) / page - 1));  // the last page
    header.replace(page - signature.size(), signature.size(), signature);
    return header;
}

std::string last_words(const std::string& console) {
    std::string_view text = console;
    // What follows a crash is registers and a call trace; the first line of it says what it was.
    for (const std::string_view sign : {"Kernel panic", "BUG:", "Oops", "general protection"})
        if (const auto at = text.find(sign); at != std::string_view::npos)
            return std::string(text.substr(at, text.find_first_of("\r\n", at) - at));
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
    const auto begin = text.rfind('\n');
    return std::string(begin == std::string_view::npos ? text : text.substr(begin + 1));
}

Kernel::Kernel(const GuestOptions& options, const std::atomic<bool>& stop) : stop_(stop) {
    check_image(options.image);
    if (!have_qemu())
        throw LabUnusable(std::string(qemu) + " is not there: tools/setup.sh --lab installs it");
    const Descriptor initrd = unnamed_file("initrd", root_file_system(options.files));
    const Descriptor swap = swap_drive(options.swap_mib);
    console_ = unnamed_file("console", "");
    errors_ = unnamed_file("errors", "");
    process_ = std::make_unique<ChildProcess>(
        qemu, qemu_arguments(options, initrd, swap, console_),
        std::vector<int>{initrd.number(), swap.number(), console_.number()}, errors_.number());
    await_hello(options.boot_timeout);
}

Kernel::Kernel(Host, const std::atomic<bool>& stop) : stop_(stop) {
    if (agent_image().empty())
        throw LabUnusable("this build has no agent: it is made on x86-64 only");
    const Descriptor image = unnamed_file("cowcheck-agent", agent_image());
    errors_ = unnamed_file("errors", "");
    process_ = std::make_unique<ChildProcess>(path_of(image), std::vector<std::string>{"--host"},
                                              std::vector<int>{image.number()},
                                              errors_.number());
    await_hello(std::chrono::seconds(10));
}

void Kernel::stopped(const std::string& when) const {
    if (stop_) throw KernelStopped("it was interrupted");
    const bool ended = process_->ended();
    std::string message = ended ? "the kernel stopped " + when
                                : "the kernel did not answer in time " + when;
    if (console_.number() >= 0) {
        const std::string words = last_words(read_all(console_));
        message += words.empty() ? "; its console is empty" : "; its console says: " + words;
    }
    if (const std::string errors = last_words(read_all(errors_)); !errors.empty())
        message += "; " + errors;
    throw KernelStopped(message);
}

void Kernel::await_hello(std::chrono::milliseconds timeout) {
    const auto line = process_->line(timeout, stop_);
    if (!line) stopped("while it booted");
    const auto hello = wire::parse_hello(*line);
    if (!hello) throw KernelStopped("the agent said '" + *line + "' instead of hello");
    hello_ = *hello;
}

std::vector<wire::Results> Kernel::run(const std::vector<wire::Step>& steps, unsigned repeat,
                                       std::uint64_t seed, std::chrono::milliseconds timeout) {
    const std::uint64_t id = next_id_++;
    process_->send(wire::program_text(id, repeat, seed, steps));
    std::vector<wire::Results> all;
    while (true) {
        const auto line = process_->line(timeout, stop_);
        if (!line) stopped("in a program");
        if (wire::is_end(*line, id)) return all;
        auto results = wire::parse_results(*line, id);
        if (!results || results->size() != steps.size())
            throw KernelStopped("the agent said: " + *line);
        all.push_back(std::move(*results));
    }
}

Kernel::FileRun Kernel::run_file(const std::string& name, std::chrono::milliseconds timeout) {
    process_->send(fmt::format("{} /{}\n", wire::exec, name));
    FileRun run;
    while (true) {
        const auto line = process_->line(timeout, stop_);
        if (!line) stopped("in " + name);
        if (const auto ended = wire::parse_exited(*line)) {
            run.status = ended->first;
            run.signal = ended->second;
            return run;
        }
        run.lines.push_back(*line);
    }
}

}  // namespace cowcheck
