// Programs for the agent, and its answers, as lines. What the words mean is in wire.h.
#pragma once

#include "lab/wire.h"

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cowcheck::wire {

struct Step {
    unsigned group = 0;
    unsigned branch = 0;
    unsigned slot = 0;
    unsigned cpu = 0;
    Operation operation = Operation::read;
    std::array<std::uint64_t, max_arguments> arguments{};

    friend bool operator==(const Step&, const Step&) = default;
};

// What came of a step.
struct Result {
    char what = unreached;
    std::uint64_t number = 0;
    std::string why;

    friend bool operator==(const Result&, const Result&) = default;
    friend auto operator<=>(const Result&, const Result&) = default;
};
using Results = std::vector<Result>;

// What the agent says when it is there.
struct Hello {
    std::string release;
    std::uint64_t zeropage = 0;  // its frame; 0 if frames are not shown
    std::set<std::string, std::less<>> has;
};

[[nodiscard]] std::string program_text(std::uint64_t id, unsigned repeat, std::uint64_t seed,
                                       const std::vector<Step>& steps);

// Nothing if the line is not what the agent says.
[[nodiscard]] std::optional<Hello> parse_hello(std::string_view line);
// `did ID RESULT...`
[[nodiscard]] std::optional<Results> parse_results(std::string_view line, std::uint64_t id);
// `exited STATUS SIGNAL`
[[nodiscard]] std::optional<std::pair<int, int>> parse_exited(std::string_view line);
[[nodiscard]] bool is_end(std::string_view line, std::uint64_t id);

// "parent write 0 0x12", for people.
[[nodiscard]] std::string to_text(const Step& step);
[[nodiscard]] std::string to_text(const Result& result);

}  // namespace cowcheck::wire
