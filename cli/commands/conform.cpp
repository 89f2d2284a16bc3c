// cowcheck conform: programs in the model and on real kernels.
#include "cli/formats/conform.h"
#include "cli/commands/command.h"
#include "cli/options/values.h"
#include "cli/terminal/output.h"
#include "lab/draw.h"
#include "lab/failure.h"
#include "verify/program/program.h"
#include "verify/run/limits.h"
#include "verify/run/selection.h"
#include "verify/run/status.h"

#include <spdlog/spdlog.h>

#include <charconv>
#include <memory>

namespace cowcheck {

namespace {

constexpr std::string_view help =
    R"(cowcheck conform: programs in the model and on real kernels. What a kernel does must be among
what a design allows.

usage: cowcheck conform [PROGRAM]... [--random N] --kernel BZIMAGE... [options]
       cowcheck conform [PROGRAM]... [--random N] --host [options]

what runs
  PROGRAM                built-in programs or files (default: all that are built in)
  --random N             and N random ones that tell the designs apart
  --seed N               which ones (default: 1)
  --keep DIR             write the random programs there, as files

where
  --kernel BZIMAGE       boot it in QEMU; repeatable (tools/kernels.sh fetches some)
  --host                 on the kernel that runs now. As root, or frames are not seen; what
                         changes the whole machine (swap, KSM) is left out

against what
  --design NAME|FILE     repeatable: each of them must allow what the kernel does. Without
                         it, all that are built in, and the closest one must
  --repeat N             how often each program runs (default: 3, and 20 where branches run
                         side by side)
  --timeout SECONDS      of one program on a kernel; twice that to boot (default: 60)
  --max-states N         of one program in one design (default: 1000000)
  --format text|json     (default: text); docs/real-kernels.md

example
  tools/kernels.sh && cowcheck conform --random 200 --kernel build/kernels/vmlinuz-6.12*

exit status: 0 all agree, 1 a kernel did what the design does not allow, 2 bad input, or no
QEMU, 3 a kernel that stops or is too slow, or a limit.
)";

enum class Format { text, json };

struct Options {
    Typed programs, random, seed, keep, kernels, designs, repeat, timeout, states, format;
    bool host = false;
};

std::uint64_t number(std::string_view option, const Typed& values, std::uint64_t otherwise) {
    const std::string* text = single(option, values);
    if (text == nullptr) return otherwise;
    std::uint64_t result = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), result);
    if (error != std::errc{} || end != text->data() + text->size() || text->empty())
        throw BadInput(std::string(option) + ": expected a number, got '" + *text + "'");
    return result;
}

class Conform {
public:
    explicit Conform(const Options& typed)
        : typed_(typed), library_(load_library()), interrupts_(stop_) {}

    int run() {
        const Format format = one_of<Format>("--format", typed_.format, Format::text,
                                             {{"text", Format::text}, {"json", Format::json}});
        read_limits();
        read_designs();
        if (typed_.kernels.empty() == !typed_.host)
            throw BadInput("say where: --kernel BZIMAGE (repeatable), or --host");
        load_programs();
        draw();
        try {
            if (typed_.host) add_kernel("");
            for (const std::string& image : typed_.kernels) add_kernel(image);
        } catch (const LabUnusable& unusable) {
            throw BadInput(unusable.what());
        }
        print(format == Format::json ? conform_json(report_) : conform_text(report_));
        return report_.exit_status();
    }

private:
    void read_limits() {
        limits_.seed = number("--seed", typed_.seed, 1);
        limits_.repeat = static_cast<unsigned>(number("--repeat", typed_.repeat, limits_.repeat));
        if (!typed_.repeat.empty()) limits_.repeat_parallel = limits_.repeat;
        if (limits_.repeat == 0 || limits_.repeat > 10'000)
            throw BadInput("--repeat: expected 1 to 10000");
        limits_.timeout = std::chrono::seconds(
            std::min<std::uint64_t>(number("--timeout", typed_.timeout, 60), 86'400));
        limits_.max_states = number("--max-states", typed_.states, limits_.max_states);
    }

    void read_designs() {
        require_words("--design", typed_.designs);
        report_.named = !typed_.designs.empty();
        designs_ = report_.named ? select(library_, {typed_.designs, {}, {}}).designs
                                 : all_designs(library_);
        for (const DesignText& design : designs_) report_.designs.push_back(design.name());
    }

    void load_programs() {
        std::vector<std::string> names = typed_.programs;
        if (names.empty() && typed_.random.empty()) names = program_names();
        for (const std::string& name : names) {
            programs_.push_back(std::make_unique<LoadedProgram>(load_program(library_, name)));
            const LoadedProgram& loaded = *programs_.back();
            auto cases = cases_of(loaded.text, loaded.world ? &*loaded.world : nullptr, designs_,
                                  limits_.max_states);
            for (ConformCase& one : cases) cases_.push_back(std::move(one));
        }
    }

    // Most random programs are the same to all designs: those are drawn again.
    void draw() {
        const std::uint64_t wanted = number("--random", typed_.random, 0);
        std::unique_ptr<TraceFolder> folder;
        if (const std::string* path = single("--keep", typed_.keep))
            folder = std::make_unique<TraceFolder>(*path);
        PairsApart pairs;
        std::uint64_t found = 0;
        const std::uint64_t tries = 20 * wanted;
        for (std::uint64_t i = 0; found < wanted && i < tries && !stop_.requested; ++i) {
            auto file = std::make_unique<SourceFile>(
                SourceFile{"random.program", draw_program(limits_.seed, i)});
            Diagnostics out;
            auto text = read_program(*file, out);
            if (!text) throw BadInput("a random program is refused\n" + to_text(out));
            std::vector<ConformCase> cases;
            try {
                cases = cases_of(*text, nullptr, designs_, limits_.max_states);
            } catch (const BadInput&) {
                continue;  // too many pins or steps for the model
            }
            // A pair of designs that few programs tell apart wants more of them; with one design
            // there is nothing to choose by.
            const auto enough = static_cast<unsigned>(1 + 2 * i / 20);
            if (designs_.size() > 1 && !pairs.wants(cases.front(), enough)) continue;
            if (folder) static_cast<void>(folder->write(text->name + ".program", file->text));
            cases_.push_back(std::move(cases.front()));
            drawn_.push_back(std::move(file));
            ++found;
        }
        if (found < wanted)
            spdlog::warn("{} of {} random programs tell these designs apart", found, wanted);
    }

    void add_kernel(const std::string& image) {
        report_.kernels.push_back(conform(image, cases_, limits_, stop_.requested));
        if (!report_.kernels.back().stopped.empty())
            spdlog::warn("{}: {}", image.empty() ? "host" : image, report_.kernels.back().stopped);
    }

    const Options& typed_;
    Library library_;
    Stop stop_;
    InterruptGuard interrupts_;
    ConformLimits limits_;
    std::vector<DesignText> designs_;
    std::vector<std::unique_ptr<LoadedProgram>> programs_;
    std::vector<std::unique_ptr<SourceFile>> drawn_;  // cases point into them
    std::vector<ConformCase> cases_;
    ConformReport report_;
};

int run(const Options& typed) { return Conform(typed).run(); }

}  // namespace

Command conform_command() {
    return {"conform", "[PROGRAM]...", "programs in the model and on real kernels", help,
            [](CLI::App& app) {
                const auto typed = std::make_shared<Options>();
                app.add_option("programs", typed->programs);
                declare(app, "--random", typed->random);
                declare(app, "--seed", typed->seed);
                declare(app, "--keep", typed->keep);
                app.add_option("--kernel", typed->kernels);  // as many as a pattern gives
                declare(app, "--design", typed->designs);
                declare(app, "--repeat", typed->repeat);
                declare(app, "--timeout", typed->timeout);
                declare(app, "--max-states", typed->states);
                declare(app, "--format", typed->format);
                app.add_flag("--host", typed->host);
                return RunCommand([typed] { return run(*typed); });
            }};
}

}  // namespace cowcheck
