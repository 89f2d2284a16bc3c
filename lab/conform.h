// Programs in the model and on kernels: what a kernel does must be among what a design allows.
#pragma once

#include "lab/kernel.h"
#include "lab/plan.h"
#include "lab/seen_words.h"

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cowcheck {

// A program with one of its starts, and what each design allows.
struct ConformCase {
    // As the kernel takes it: io_uring's pins are long-term ones, whatever the program says. The
    // files that it points into outlive the case.
    std::shared_ptr<const ProgramText> text;
    ProgramStart start;
    World world;
    unsigned pages = 1;  // that an operation without one is done for
    std::vector<ModelOutcomes> allowed;  // by design
    // The kernel's io_uring may pin by GUP or by GUP-fast, whatever the program says of the two.
    [[nodiscard]] std::string name() const;
};

struct ConformLimits {
    unsigned repeat = 3;            // of a program whose operations come one after the other
    unsigned repeat_parallel = 20;  // of one that mixes branches at random
    std::uint64_t seed = 1;
    std::chrono::milliseconds timeout{60'000};  // of one program; twice that to boot
    std::uint64_t max_states = 1'000'000;       // of one program in one design
};

// The kernel did something that this design does not allow, or not.
enum class Fit : std::uint8_t { agrees, contradicts, skipped, limited };

// One program on one kernel.
struct CaseResult {
    const ConformCase* what = nullptr;
    std::string skipped;      // why nothing is said of it
    std::vector<Seens> seen;  // by the kernel, each once
    std::vector<Fit> fits;    // by design
    std::set<std::string> unseen;  // names that this kernel does not show
    bool tells_apart = false;      // two designs allow different things of what can be seen here
};

struct KernelReport {
    std::string image;  // empty: this machine
    std::string release;
    std::string stopped;  // the kernel went away, or was too slow: the rest was not run
    std::string stopped_in;
    double boot_seconds = 0;
    double run_seconds = 0;
    unsigned runs = 0;
    std::vector<CaseResult> results;
};

struct FitCount {
    unsigned agrees = 0;
    unsigned contradicts = 0;
    unsigned skipped = 0;
    unsigned limited = 0;
};
[[nodiscard]] FitCount count(const KernelReport& report, std::size_t design);
// Those that the fewest programs speak against: what it does not allow, or has no operation for
// though the kernel has. Of these, those that agree with the most.
[[nodiscard]] std::vector<std::size_t> closest(const KernelReport& report, std::size_t designs);

// A program with each of its starts. Throws BadInput.
[[nodiscard]] std::vector<ConformCase> cases_of(const ProgramText& text, const ast::World* world,
                                                const std::vector<DesignText>& designs,
                                                std::uint64_t max_states);
// Whether designs allow different things.
[[nodiscard]] bool tells_apart(const ConformCase& one, const std::set<std::string>& unseen);

// Which pairs of designs some programs tell apart, and how often: random programs are kept if they
// tell a pair apart that few others do.
class PairsApart {
public:
    // Takes the program in if it tells a pair apart that fewer than `enough` do.
    bool wants(const ConformCase& one, unsigned enough);

private:
    std::map<std::pair<std::size_t, std::size_t>, unsigned> programs_;
};

// Runs all of them. A kernel that stops is told in the report, not thrown.
[[nodiscard]] KernelReport conform(const std::string& image, const std::vector<ConformCase>& cases,
                                   const ConformLimits& limits, const std::atomic<bool>& stop);
// What a kernel's answers are to a program.
[[nodiscard]] CaseResult judge(const ConformCase& one, const Plan& plan,
                               const std::vector<wire::Results>& answers,
                               const wire::Hello& kernel);

}  // namespace cowcheck
