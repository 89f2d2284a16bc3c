#include "lab/reproduce/try_kernel.h"

#include "lab/child_process.h"
#include "lab/failure.h"
#include "lab/kernel.h"

#include <fmt/format.h>

namespace cowcheck {

std::string compiled(const Reproducer& reproducer) {
    // Files without names: nothing of them is left, however this ends.
    const Descriptor source = unnamed_file("source", reproducer.text);
    const Descriptor program = unnamed_file("program", "");
    const Descriptor errors = unnamed_file("errors", "");
    const auto path = [](const Descriptor& file) {
        return fmt::format("/dev/fd/{}", file.number());
    };
    ChildProcess compiler("cc",
                          {"-O2", "-Wall", "-Wextra", "-Werror", "-pthread", "-static", "-x", "c",
                           path(source), "-o", path(program)},
                          {source.number(), program.number()}, errors.number());
    constexpr std::chrono::minutes longest{2};
    const std::atomic<bool> never{false};
    while (compiler.line(longest, never)) {}
    std::string file = read_all(program);
    if (file.starts_with("\x7f"
                         "ELF"))
        return file;
    const std::string text = read_all(errors);
    throw LabUnusable(text.empty()
                          ? "there is no cc: --kernel wants a C compiler and a static C library"
                          : "cc says of " + reproducer.name + ": " +
                                text.substr(0, text.find('\n')));
}

TriedKernel try_on(const std::string& image, const std::vector<StaticProgram>& programs,
                   unsigned seconds, const std::atomic<bool>& stop) {
    TriedKernel tried;
    tried.image = image;
    GuestOptions guest;
    guest.image = image;
    guest.cpus = 2;
    guest.memory_mib = 768;
    for (const StaticProgram& one : programs) guest.files.push_back({one.name, one.file});
    try {
        Kernel kernel(guest, stop);
        tried.release = kernel.hello().release;
        for (const StaticProgram& one : programs) {
            // What a program allows itself for all else, and to spare.
            constexpr std::chrono::seconds more{130};
            auto run = kernel.run_file(one.name, std::chrono::seconds(seconds) + more);
            if (run.signal != 0)
                run.lines.push_back(fmt::format("# killed by signal {}", run.signal));
            if (run.status > 4) run.lines.push_back(fmt::format("# exit status {}", run.status));
            tried.results.push_back({one.name, std::move(run.lines), run.status});
        }
    } catch (const KernelStopped& stopped) {
        tried.stopped = stopped.what();
    }
    return tried;
}

}  // namespace cowcheck
