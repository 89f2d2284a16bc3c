// cowcheck reproduce: a trace as a C program for real kernels.
#include "cli/commands/command.h"
#include "cli/commands/trace_input.h"
#include "cli/terminal/output.h"
#include "lab/failure.h"
#include "lab/reproduce/c_text.h"
#include "lab/reproduce/try_kernel.h"
#include "traces/story.h"
#include "verify/run/limits.h"
#include "verify/run/status.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>

namespace cowcheck {

namespace {

constexpr std::string_view help =
    R"(cowcheck reproduce: a trace as one C program for real kernels, in the style of the kernel's own
tests. It prints `not ok` on a kernel that does what the trace's design does.

usage: cowcheck reproduce TRACE [--output FILE.c] [--seconds N] [--design NAME|FILE]
                          [--world NAME|FILE] [--property FILE]
       cowcheck reproduce TRACE... --kernel BZIMAGE... [--seconds N]

  --output FILE          (default: stdout)
  --kernel BZIMAGE       compile it with cc, boot each of these in QEMU, run it there, and print
                         what it prints; several traces share a boot (tools/kernels.sh fetches
                         kernels)
  --seconds N            how long a program tries that has a window to hit (default: 20)
  --design, --world, --property
                         files that the trace needs and does not find where it says

Operations run one after the other where the model says that this is enough; where one has to come
into the midst of another, the program tries again and again. What no system call does, or what
nobody in user space can see, is refused with its reason. docs/reproduce.md has the details, and
docs/findings.md what to do with a program that says `not ok` on a kernel of today.

examples
  cowcheck reproduce traces/known/B3.json --output vmsplice-leak.c
  cowcheck reproduce traces/known/UPIN.json --kernel build/kernels/vmlinuz-*

exit status: 0 written, or every kernel says ok; 1 a kernel says not ok, or the trace does not
happen any more; 2 bad input, no program can show it, no cc or QEMU; 3 a kernel that stops or is too
slow; 4 a fault of cowcheck itself.
)";

struct Options {
    TypedTrace trace;
    Typed kernels, seconds;
};

unsigned read_seconds(const Typed& values) {
    const std::string* text = single("--seconds", values);
    if (text == nullptr) return default_window_seconds;
    unsigned seconds = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
    constexpr unsigned most = 86'400;
    if (error != std::errc{} || end != text->data() + text->size() || seconds == 0 ||
        seconds > most)
        throw BadInput("--seconds: expected 1 to 86400, got '" + *text + "'");
    return seconds;
}

std::string name_of(const std::string& path) { return std::filesystem::path(path).stem().string(); }

// Throws BadInput if there is none; nothing if the trace does not happen any more.
std::optional<Reproducer> reproducer_of(const AskedTrace& asked, unsigned seconds) {
    const LoadedTrace loaded = load_trace(asked);
    for (const std::string& note : loaded.result.notes) spdlog::warn("{}", note);
    if (loaded.trace.header.property.name == outcome_name)
        throw BadInput("reproduce: '" + asked.path +
                       "' shows what a program sees, and violates nothing; 'cowcheck conform' runs "
                       "programs on kernels");
    if (loaded.result.verdict != ReplayVerdict::ok) {
        spdlog::warn("{}: there is nothing to reproduce: {}", asked.path, loaded.result.message);
        return std::nullopt;
    }
    const Reproduction found =
        reproduce(loaded.trace, loaded.program, loaded.design, loaded.library);
    if (!found.refused.empty()) throw BadInput("reproduce: " + asked.path + ": " + found.refused);
    const CHeader header{loaded.trace.header,
                         what_happens(tell_story(loaded.trace, loaded.program, loaded.design)),
                         seconds};
    return Reproducer{name_of(asked.path), c_text(found, header)};
}

void tell(const TriedKernel& tried) {
    std::string text = fmt::format("# {} ({})\n", tried.release.empty() ? "?" : tried.release,
                                   std::filesystem::path(tried.image).filename().string());
    for (const TriedReproducer& one : tried.results) {
        text += fmt::format("# {}\n", one.name);
        for (const std::string& line : one.lines) text += line + "\n";
    }
    print(text);
    if (!tried.stopped.empty()) spdlog::warn("{}: {}", tried.image, tried.stopped);
}

int run_on_kernels(const std::vector<Reproducer>& reproducers, const Typed& images,
                   unsigned seconds) {
    Stop stop;
    const InterruptGuard interrupts(stop);
    int status = ExitStatus::no_violation;
    try {
        std::vector<StaticProgram> programs;
        for (const Reproducer& one : reproducers) programs.push_back({one.name, compiled(one)});
        for (const std::string& image : images) {
            const TriedKernel tried = try_on(image, programs, seconds, stop.requested);
            tell(tried);
            const bool bad = std::any_of(tried.results.begin(), tried.results.end(),
                                         [](const auto& one) { return one.status == 1; });
            if (bad)
                status = ExitStatus::violation;
            else if (!tried.stopped.empty() && status == ExitStatus::no_violation)
                status = ExitStatus::stopped;
        }
    } catch (const LabUnusable& unusable) {
        throw BadInput(std::string("reproduce: ") + unusable.what());
    }
    return status;
}

int run(const Options& typed) {
    std::vector<Reproducer> reproducers;
    const bool several = typed.trace.trace.size() > 1;
    if (several && (typed.kernels.empty() || !typed.trace.output.empty()))
        throw BadInput("reproduce: several traces want --kernel, and no --output");
    Typed traces = typed.trace.trace;
    if (traces.empty()) traces.emplace_back();
    const unsigned seconds = read_seconds(typed.seconds);
    int status = ExitStatus::no_violation;
    for (const std::string& path : traces) {
        TypedTrace one = typed.trace;
        one.trace = {path};
        const AskedTrace asked = read(one, "reproduce");
        std::optional<Reproducer> made;
        try {
            made = reproducer_of(asked, seconds);
        } catch (const BadInput& refused) {
            if (!several) throw;
            spdlog::warn("{}", refused.what());
            continue;
        }
        if (!made) return ExitStatus::violation;
        if (typed.kernels.empty() || !asked.output.empty()) put(asked, made->text);
        reproducers.push_back(std::move(*made));
    }
    if (!typed.kernels.empty() && !reproducers.empty())
        status = run_on_kernels(reproducers, typed.kernels, seconds);
    return reproducers.empty() ? ExitStatus::bad_input : status;
}

}  // namespace

Command reproduce_command() {
    return {"reproduce", "TRACE", "a trace as a C program for real kernels", help,
            [](CLI::App& app) {
                const auto typed = std::make_shared<Options>();
                app.add_option("traces", typed->trace.trace);
                declare(app, "--output", typed->trace.output);
                declare(app, "--seconds", typed->seconds);
                declare(app, "--design", typed->trace.designs);
                declare(app, "--world", typed->trace.worlds);
                declare(app, "--property", typed->trace.properties);
                app.add_option("--kernel", typed->kernels);  // as many as a pattern gives
                return RunCommand([typed] { return run(*typed); });
            }};
}

}  // namespace cowcheck
