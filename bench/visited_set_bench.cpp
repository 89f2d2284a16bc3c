// How fast and how compact the visited set is, on synthetic states:
//
//     visited_set_bench [million states] [words] [left words] [distinct halves in %] [fresh in %]
//                       [words of the left half's first part]
//
// defaults 20 6 3 3 25 0. One operation inserts one state; `fresh` of 100 are new, the rest are
// drawn evenly from all states so far, which is the worst case for caches. Distinct halves grow
// in proportion to the states. Making the states is not timed.
#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <unistd.h>

#include "checker/store/visited_set.h"

namespace {

using cowcheck::Insertion;
using cowcheck::PackedState;
using cowcheck::VisitedSet;
using Clock = std::chrono::steady_clock;

constexpr std::size_t batch_states = 128;

struct Options {
    std::uint64_t states = 20'000'000;
    unsigned words = 6;
    unsigned left_words = 3;
    unsigned first_words = 0;  // of the left half's; 0: it is one part
    double distinct_percent = 3;
    std::uint64_t fresh_percent = 25;
};

std::uint64_t mix(std::uint64_t bits) {
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    return bits ^ (bits >> 31);
}

// State number k: 1/ratio states have the same right half, and their left
// halves lie evenly over all that exist at that time. Distinct k give distinct
// states, so the size of the set is known.
class States {
public:
    explicit States(const Options& options)
        : options_(options), ratio_(static_cast<std::uint64_t>(100 / options.distinct_percent)) {}

    [[nodiscard]] PackedState operator()(std::uint64_t number) const {
        // Neighbours in the order of discovery need not share a half.
        constexpr std::uint64_t window = 4096;
        const std::uint64_t k = number / window * window + (number * 1237 + 511) % window;
        const std::uint64_t right = k / ratio_;
        const std::uint64_t lefts = right + ratio_;
        const std::uint64_t left = (mix(right) % lefts + k % ratio_ * (lefts / ratio_)) % lefts;
        PackedState state;
        for (unsigned i = 0; i < options_.words; ++i)
            state.words[i] =
                i < options_.left_words ? mix(left * 8 + i + 1) : mix(~(right * 8 + i));
        return state;
    }

private:
    Options options_;
    std::uint64_t ratio_;
};

std::uint64_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t peak_bytes() {
    std::ifstream status("/proc/self/status");
    std::string word;
    std::uint64_t kilobytes = 0;
    while (status >> word)
        if (word == "VmHWM:") status >> kilobytes;
    return kilobytes * 1024;
}

double nanoseconds(Clock::duration time) {
    return std::chrono::duration<double, std::nano>(time).count();
}

struct Measured {
    std::uint64_t operations = 0;
    std::uint64_t fresh = 0;
    double total_ns = 0;
    double longest_batch_ns = 0;

    void add(const Measured& more) {
        operations += more.operations;
        fresh += more.fresh;
        total_ns += more.total_ns;
        longest_batch_ns = std::max(longest_batch_ns, more.longest_batch_ns);
    }
};

// Inserts prepared states batch by batch.
Measured insert(VisitedSet& set, const std::vector<PackedState>& states) {
    std::array<Insertion, batch_states> results;
    Measured measured;
    measured.operations = states.size();
    for (std::size_t first = 0; first < states.size(); first += batch_states) {
        const std::size_t count = std::min(batch_states, states.size() - first);
        const auto start = Clock::now();
        set.insert_batch(std::span(states).subspan(first, count), std::span(results).first(count));
        const double took = nanoseconds(Clock::now() - start);
        measured.total_ns += took;
        measured.longest_batch_ns = std::max(measured.longest_batch_ns, took);
        for (std::size_t i = 0; i < count; ++i) measured.fresh += results[i].fresh ? 1U : 0U;
    }
    return measured;
}

void print_line(const VisitedSet& set, const Measured& measured, std::uint64_t base) {
    const auto size = static_cast<double>(set.size());
    const auto grown = static_cast<double>(resident_bytes() - base);
    const auto peak = static_cast<double>(peak_bytes() - base);
    std::printf("%8.2f %6.2f %6.2f %8.1f %8.2f %9.2f %8.2f %8.2f %8.2f\n", size / 1e6,
                static_cast<double>(set.left_components()) * 100 / size,
                static_cast<double>(set.right_components()) * 100 / size,
                measured.total_ns / static_cast<double>(measured.operations),
                static_cast<double>(measured.operations) * 1e3 / measured.total_ns,
                measured.longest_batch_ns / 1e6, static_cast<double>(set.bytes()) / size,
                grown / size, peak / size);
    std::fflush(stdout);
}

Measured fill(VisitedSet& set, const Options& options, std::uint64_t base) {
    const States state_of(options);
    constexpr std::size_t prepared = 1 << 14;
    std::vector<PackedState> states;
    states.reserve(prepared);
    Measured total;
    Measured stage;
    std::uint64_t next = 0;
    std::uint64_t draw = 0;
    std::uint64_t report_at = options.states / 16;
    while (next < options.states) {
        states.clear();
        while (states.size() < prepared && next < options.states) {
            const std::uint64_t random = mix(++draw);
            const bool fresh = next == 0 || random % 100 < options.fresh_percent;
            states.push_back(state_of(fresh ? next++ : (random >> 8) % next));
        }
        stage.add(insert(set, states));
        if (next >= report_at) {
            print_line(set, stage, base);
            total.add(stage);
            stage = Measured{};
            report_at = std::min(report_at * 2, options.states);
        }
    }
    return total;
}

// Every state is where insertion order says, and nothing else is found.
bool is_right(const VisitedSet& set, const Options& options) {
    const States state_of(options);
    if (set.size() != options.states) return false;
    std::array<PackedState, batch_states> states;
    for (std::uint64_t first = 0; first + batch_states <= options.states; first += batch_states) {
        set.get_batch(first, states);
        for (std::size_t i = 0; i < batch_states; ++i)
            if (states[i].words != state_of(first + i).words) return false;
    }
    for (std::uint64_t i = 0; i < 100'000; ++i) {
        const std::uint64_t known = mix(i) % options.states;
        const auto found = set.find(state_of(known));
        if (!found || *found != known || set.find(state_of(options.states + 4096 + i)))
            return false;
    }
    return true;
}

void time_scan(const VisitedSet& set) {
    std::array<PackedState, batch_states> states;
    std::uint64_t sum = 0;
    const auto start = Clock::now();
    std::uint64_t first = 0;
    for (; first + batch_states <= set.size(); first += batch_states) {
        set.get_batch(first, states);
        for (const PackedState& state : states) sum += state.words.front();
    }
    const double took = nanoseconds(Clock::now() - start);
    std::printf("reading in order: %.1f ns a state (checksum %llx)\n",
                took / static_cast<double>(first), static_cast<unsigned long long>(sum));
}

Options options_from(int argc, char** argv) {
    Options options;
    if (argc > 1) options.states = static_cast<std::uint64_t>(std::atof(argv[1]) * 1e6);
    if (argc > 2) options.words = static_cast<unsigned>(std::atoi(argv[2]));
    options.left_words = argc > 3 ? static_cast<unsigned>(std::atoi(argv[3])) : options.words / 2;
    if (argc > 4) options.distinct_percent = std::atof(argv[4]);
    if (argc > 5) options.fresh_percent = static_cast<std::uint64_t>(std::atoi(argv[5]));
    if (argc > 6) options.first_words = static_cast<unsigned>(std::atoi(argv[6]));
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = options_from(argc, argv);
    const std::uint64_t base = resident_bytes();
    VisitedSet set({options.words, options.left_words, options.first_words});
    std::printf("empty set: %.1f KiB by accounting, %.1f KiB resident\n",
                static_cast<double>(set.bytes()) / 1024,
                static_cast<double>(resident_bytes() - base) / 1024);
    std::printf("%8s %6s %6s %8s %8s %9s %8s %8s %8s\n", "M states", "left%", "right%", "ns/op",
                "M op/s", "max ms", "B/state", "RSS/st", "peak/st");
    const Measured total = fill(set, options, base);
    std::printf("in all: %llu operations, %llu fresh, %.1f ns each, %.2f M/s\n",
                static_cast<unsigned long long>(total.operations),
                static_cast<unsigned long long>(total.fresh),
                total.total_ns / static_cast<double>(total.operations),
                static_cast<double>(total.operations) * 1e3 / total.total_ns);
    time_scan(set);
    if (!is_right(set, options)) {
        std::puts("WRONG: the set does not hold what was inserted");
        return EXIT_FAILURE;
    }
    std::puts("every state is in its place");
    return EXIT_SUCCESS;
}
