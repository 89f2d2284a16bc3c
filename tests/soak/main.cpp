// soak: random systems, each explored in five modes. See CONTRIBUTING.md.
#include "tests/soak/compare.h"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

constexpr const char* usage =
    "soak [--seconds N] [--systems N] [--seed S] [--features F,G] [--keep DIR] [--states N]\n"
    "     [--depth N] [--quiet] [--no-minimize] [--list-features]\n"
    "soak --print SEED [--features F,G]\n"
    "soak --only SEED ...\n"
    "  Compares random systems in five modes. Exit status 1: some disagree.\n";

struct Arguments {
    std::uint64_t seconds = 0;
    std::uint64_t systems = 0;
    std::uint64_t seed = 1;
    std::optional<std::uint64_t> print;
    std::optional<std::uint64_t> only;
    std::vector<std::string> features;
    std::string keep;
    Bounds bounds;
    bool quiet = false;
    bool minimize = true;
    bool list = false;
    bool strict = false;
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
        else if (option == "--states")
            arguments.bounds.states = number(value());
        else if (option == "--depth")
            arguments.bounds.depth = static_cast<unsigned>(number(value()));
        else if (option == "--quiet")
            arguments.quiet = true;
        else if (option == "--strict")
            arguments.strict = true;
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
void keep(const std::filesystem::path& folder, const System& system, const Comparison& comparison,
          const Disagreement& first) {
    std::filesystem::create_directories(folder);
    write(folder / "design.cow", system.design_text());
    write(folder / "world.world", system.world_text());
    if (!system.own.empty()) write(folder / "property.cow", system.property_text());
    std::string how = "# seed " + std::to_string(system.seed) + ", down to " +
                      std::to_string(comparison.depth) + " operations\n# " + first.text() + "\n";
    for (const Disagreement& one : comparison.disagreements) how += "#   " + one.text() + "\n";
    for (const Disagreement& one : comparison.behind_wrong_counts)
        how += "#   once counts are wrong: " + one.text() + "\n";
    how += "${COWCHECK:-cowcheck} check --design design.cow --world world.world";
    if (!system.own.empty()) how += " --properties property.cow";
    how += " --depth " + std::to_string(comparison.depth) + " --concurrency " +
           std::to_string(system.concurrency);
    for (const std::string& name : system.builtin) how += " --property " + name;
    how += " \"$@\"  # plain: --no-reduction --no-symmetry\n";
    write(folder / "how.sh", how);
}

class Soak {
public:
    explicit Soak(const Arguments& arguments) : arguments_(arguments) {}

    int run() {
        using Clock = std::chrono::steady_clock;
        const auto begin = Clock::now();
        const auto seconds = [&] {
            return std::chrono::duration<double>(Clock::now() - begin).count();
        };
        double told = 0;
        for (std::uint64_t i = 0; arguments_.systems == 0 || i < arguments_.systems; ++i) {
            if (arguments_.seconds != 0 && seconds() >= static_cast<double>(arguments_.seconds))
                break;
            // Seeds of neighbouring runs have nothing in common.
            one(arguments_.only ? *arguments_.only : arguments_.seed * 1'000'000'000ULL + i);
            if (arguments_.only) break;
            if (!arguments_.quiet && seconds() - told >= 30) {
                told = seconds();
                std::cerr << static_cast<unsigned>(told) << " s: " << summary() << std::endl;
            }
        }
        std::cout << compared_ << " systems compared, " << disagreements_ << " disagreements\n";
        std::cout << "(" << tried_ << " tried; " << violating_ << " violate something; "
                  << states_ / std::max<std::uint64_t>(compared_, 1) << " plain states each; "
                  << excused_ << " more differ once counts are wrong)\n";
        return disagreements_ == 0 && compared_ > 0 ? 0 : 1;
    }

private:
    std::string summary() const {
        return std::to_string(compared_) + " systems compared, " + std::to_string(disagreements_) +
               " disagreements";
    }

    void one(std::uint64_t seed) {
        ++tried_;
        const System system = source_.random_system(seed, arguments_.features);
        Comparison comparison = compare(source_, system, arguments_.bounds);
        if (!comparison.compared) return;
        ++compared_;
        states_ += comparison.states;
        violating_ += comparison.violated != 0;
        excused_ += !comparison.behind_wrong_counts.empty();
        if (arguments_.strict)
            comparison.disagreements.insert(comparison.disagreements.end(),
                                            comparison.behind_wrong_counts.begin(),
                                            comparison.behind_wrong_counts.end());
        if (comparison.agrees()) return;
        ++disagreements_;
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
    std::uint64_t tried_ = 0;
    std::uint64_t compared_ = 0;
    std::uint64_t disagreements_ = 0;
    std::uint64_t excused_ = 0;
    std::uint64_t violating_ = 0;
    std::uint64_t states_ = 0;
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
            print(Source().random_system(*arguments.print, arguments.features));
            return 0;
        }
        return Soak(arguments).run();
    } catch (const std::exception& error) {
        std::cerr << "soak: " << error.what() << "\n";
        return 2;
    }
}
