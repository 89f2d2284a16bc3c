// soak: random systems, each explored in five modes. See CONTRIBUTING.md.
#include "tests/soak/compare.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <new>
#include <optional>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

constexpr const char* usage =
    "soak [--seconds N] [--systems N] [--seed S] [--features F,G] [--keep DIR] [--states N]\n"
    "     [--depth N] [--quiet] [--no-minimize] [--strict] [--wild] [--until-found] [--only SEED]\n"
    "     [--without USE:WAY]\n"
    "soak --print SEED [--features F,G]\n"
    "soak --write DIR [--systems N] [--seed S] [--only SEED] [--features F,G]\n"
    "soak --list-features\n"
    "  Compares random systems in five modes. Exit status 1: some disagree. With --print and\n"
    "  --write they are only made. CONTRIBUTING.md says more.\n";

struct Arguments {
    std::uint64_t seconds = 0;
    std::uint64_t systems = 0;
    std::uint64_t seed = 1;
    std::optional<std::uint64_t> print;
    std::optional<std::uint64_t> only;
    std::vector<std::string> features;
    std::string keep;
    std::string write;
    bool until_found = false;
    Bounds bounds;
    bool quiet = false;
    bool minimize = true;
    bool list = false;
    bool strict = false;
    bool wild = false;
};

std::uint64_t number(const std::string& text) {
    std::uint64_t value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end.ec != std::errc() || end.ptr != text.data() + text.size())
        throw std::invalid_argument("'" + text + "' is no number");
    return value;
}

std::vector<std::string> features_of(const std::string& text) {
    std::vector<std::string> features;
    const std::vector<std::string> known = feature_names();
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        const std::string name = text.substr(begin, end - begin);
        if (std::find(known.begin(), known.end(), name) == known.end())
            throw std::invalid_argument("no feature is called '" + name +
                                        "'; see soak --list-features");
        features.push_back(name);
        begin = end + 1;
    }
    return features;
}

// "apart:tlb": a row of the table of ways to a page (model/state/ways.h), and who does without it.
void leave_out(const std::string& text, WaysUsed& without) {
    for (const WayUse& use : way_uses)
        for (const WayRow& row : way_table)
            if (text == std::string(use.name) + ":" + std::string(row.name.value)) {
                without.*use.of |= ways(row.way.value);
                return;
            }
    throw std::invalid_argument("'" + text + "' is no row of the table of ways");
}

Arguments read(int argc, char** argv) {
    Arguments arguments;
    for (int i = 1; i < argc; ++i) {
        const std::string option = argv[i];
        const auto value = [&] {
            if (++i == argc) throw std::invalid_argument(option + " wants a value");
            return std::string(argv[i]);
        };
        if (option == "--seconds")
            arguments.seconds = number(value());
        else if (option == "--systems")
            arguments.systems = number(value());
        else if (option == "--seed")
            arguments.seed = number(value());
        else if (option == "--print")
            arguments.print = number(value());
        else if (option == "--only")
            arguments.only = number(value());
        else if (option == "--features")
            arguments.features = features_of(value());
        else if (option == "--keep")
            arguments.keep = value();
        else if (option == "--write")
            arguments.write = value();
        else if (option == "--until-found")
            arguments.until_found = true;
        else if (option == "--states")
            arguments.bounds.states = number(value());
        else if (option == "--depth")
            arguments.bounds.depth = static_cast<unsigned>(number(value()));
        else if (option == "--without")
            leave_out(value(), arguments.bounds.without);
        else if (option == "--quiet")
            arguments.quiet = true;
        else if (option == "--strict")
            arguments.strict = true;
        else if (option == "--wild")
            arguments.wild = true;
        else if (option == "--no-minimize")
            arguments.minimize = false;
        else if (option == "--list-features")
            arguments.list = true;
        else
            throw std::invalid_argument("'" + option + "' is no option\n" + usage);
    }
    if (arguments.seconds == 0 && arguments.systems == 0) arguments.seconds = 10;
    return arguments;
}

// Seeds of neighbouring runs have nothing in common.
std::uint64_t seed_of(const Arguments& arguments, std::uint64_t number) {
    return arguments.only ? *arguments.only : arguments.seed * 1'000'000'000ULL + number;
}

std::string names_of(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

void print(const System& system) {
    std::cout << "# seed " << system.seed << ", concurrency " << system.concurrency
              << "\n# properties: " << names_of(system.builtin) << "\n--- design.cow\n"
              << system.design_text() << "--- world.world\n"
              << system.world_text() << "--- property.cow\n"
              << system.property_text();
}

void write(const std::filesystem::path& path, const std::string& text) {
    std::ofstream out(path);
    out << text;
    if (!out) throw std::runtime_error("can't write " + path.string());
}

// The files, and how the command line is asked about them.
void write_files(const std::filesystem::path& folder, const System& system, unsigned depth,
                 const std::string& comment) {
    std::filesystem::create_directories(folder);
    write(folder / "design.cow", system.design_text());
    write(folder / "world.world", system.world_text());
    if (!system.own.empty()) write(folder / "property.cow", system.property_text());
    std::string how = "# seed " + std::to_string(system.seed) + "\n" + comment +
                      "${COWCHECK:-cowcheck} check --design design.cow --world world.world";
    how += " --depth " + std::to_string(depth) + " --concurrency " +
           std::to_string(system.concurrency);
    for (const std::string& name : system.builtin) how += " --property " + name;
    if (!system.own.empty()) how += " --property property.cow";
    write(folder / "how.sh", how + " \"$@\"  # plain: --no-reduction --no-symmetry\n");
}

void keep(const std::filesystem::path& folder, const System& system, const Comparison& comparison,
          const Disagreement& first) {
    std::string comment = "# " + first.text() + "\n";
    for (const Disagreement& one : comparison.disagreements) comment += "#   " + one.text() + "\n";
    for (const Disagreement& one : comparison.behind_wrong_counts)
        comment += "#   once counts are wrong: " + one.text() + "\n";
    write_files(folder, system, comparison.depth, comment);
}

// What the process that explores tells the one that watches it.
struct Shared {
    std::uint64_t next = 0;  // the number of the system after the one under way
    std::uint64_t tried = 0;
    std::uint64_t compared = 0;
    std::uint64_t disagreements = 0;
    std::uint64_t excused = 0;
    std::uint64_t violating = 0;
    std::uint64_t changed = 0;
    std::uint64_t asked = 0;  // with properties of their own
    std::uint64_t states = 0;
};

// Systems are explored by a process of their own: one that crashes or never ends is a finding,
// too, and the next one is explored by another process.
class Soak {
public:
    explicit Soak(const Arguments& arguments)
        : arguments_(arguments), source_(arguments.wild), shared_(*new (map()) Shared()),
          begin_(Clock::now()) {}

    int run() {
        while (!is_over()) {
            std::cout.flush();
            const pid_t child = fork();
            if (child < 0) throw std::runtime_error("fork fails");
            if (child == 0) {
                explore();
                std::cout.flush();
                std::_Exit(0);
            }
            watch(child);
        }
        std::cout << summary() << "\n(" << shared_.tried << " tried; of those compared, "
                  << shared_.changed << " changed, " << shared_.asked
                  << " with properties of their own, " << shared_.violating
                  << " violate something, " << shared_.excused << " differ once counts are wrong; "
                  << shared_.states / std::max<std::uint64_t>(shared_.compared, 1)
                  << " plain states each)\n";
        return shared_.disagreements == 0 && shared_.compared > 0 ? 0 : 1;
    }

private:
    using Clock = std::chrono::steady_clock;

    static void* map() {
        void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw std::runtime_error("mmap fails");
        return memory;
    }

    double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

    bool is_over() const {
        const std::uint64_t systems = arguments_.only ? 1 : arguments_.systems;
        if (arguments_.until_found && shared_.disagreements != 0) return true;
        return (systems != 0 && shared_.next >= systems) ||
               (arguments_.seconds != 0 && seconds() >= static_cast<double>(arguments_.seconds));
    }

    std::string summary() const {
        return std::to_string(shared_.compared) + " systems compared, " +
               std::to_string(shared_.disagreements) + " disagreements";
    }

    void explore() {
        while (!is_over()) {
            const std::uint64_t number = shared_.next++;
            one(seed_of(arguments_, number));
        }
    }

    void watch(pid_t child) {
        constexpr double too_long = 120;  // for one system
        std::uint64_t under_way = shared_.next;
        double since = seconds();
        for (;;) {
            int status = 0;
            if (waitpid(child, &status, WNOHANG) == child) {
                if (WIFSIGNALED(status)) lost(strsignal(WTERMSIG(status)));
                return;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            if (shared_.next != under_way) {
                under_way = shared_.next;
                since = seconds();
            } else if (seconds() - since > too_long) {
                kill(child, SIGKILL);
                waitpid(child, &status, 0);
                return lost("no end");
            }
            if (!arguments_.quiet && seconds() - told_ >= 30) {
                told_ = seconds();
                std::cerr << static_cast<unsigned>(told_) << " s: " << summary() << std::endl;
            }
        }
    }

    // By the watching process: the other one is gone.
    void lost(const std::string& why) {
        ++shared_.disagreements;
        const std::uint64_t seed = seed_of(arguments_, shared_.next - 1);
        std::cout << "seed " << seed << ": " << why << std::endl;
        if (arguments_.keep.empty()) return;
        const pid_t child = fork();  // perhaps it is the generator
        if (child == 0) {
            const System system = source_.random_system(seed, arguments_.features);
            keep(std::filesystem::path(arguments_.keep) / std::to_string(seed), system, {},
                 {"some mode", "(crash)", "an answer", why});
            std::_Exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
    }

    void one(std::uint64_t seed) {
        ++shared_.tried;
        const System system = source_.random_system(seed, arguments_.features);
        Comparison comparison = compare(source_, system, arguments_.bounds);
        if (!comparison.compared) return;
        ++shared_.compared;
        shared_.states += comparison.states;
        shared_.violating += comparison.violated != 0;
        shared_.changed += !system.handlers.empty();
        shared_.asked += !system.own.empty();
        shared_.excused += !comparison.behind_wrong_counts.empty();
        if (arguments_.strict)
            comparison.disagreements.insert(comparison.disagreements.end(),
                                            comparison.behind_wrong_counts.begin(),
                                            comparison.behind_wrong_counts.end());
        if (comparison.agrees()) return;
        ++shared_.disagreements;
        const Disagreement first = comparison.disagreements.front();
        std::cout << "seed " << seed << ": " << first.text() << " (" << system.base << ")"
                  << std::endl;
        if (arguments_.keep.empty()) return;
        const System small =
            arguments_.minimize ? minimized(source_, system, arguments_.bounds, first) : system;
        keep(std::filesystem::path(arguments_.keep) / std::to_string(seed), small,
             compare(source_, small, arguments_.bounds), first);
    }

    const Arguments& arguments_;
    Source source_;
    Shared& shared_;
    Clock::time_point begin_;
    double told_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    try {
        const Arguments arguments = read(argc, argv);
        if (arguments.list) {
            for (const std::string& name : feature_names()) std::cout << name << "\n";
            return 0;
        }
        if (arguments.print) {
            print(Source(arguments.wild).random_system(*arguments.print, arguments.features));
            return 0;
        }
        if (!arguments.write.empty()) {
            const Source source(arguments.wild);
            const std::uint64_t systems =
                arguments.only ? 1 : std::max<std::uint64_t>(arguments.systems, 1);
            for (std::uint64_t i = 0; i < systems; ++i) {
                const std::uint64_t seed = seed_of(arguments, i);
                write_files(std::filesystem::path(arguments.write) / std::to_string(seed),
                            source.random_system(seed, arguments.features), arguments.bounds.depth,
                            {});
            }
            return 0;
        }
        return Soak(arguments).run();
    } catch (const std::exception& error) {
        std::cerr << "soak: " << error.what() << "\n";
        return 2;
    }
}
