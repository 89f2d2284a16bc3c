#include "lab/wire_text.h"

#include <fmt/format.h>

#include <charconv>

namespace cowcheck::wire {

namespace {

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (true) {
        const auto begin = line.find_first_not_of(" \r");
        if (begin == std::string_view::npos) return words;
        line.remove_prefix(begin);
        const auto size = std::min(line.find_first_of(" \r"), line.size());
        words.push_back(line.substr(0, size));
        line.remove_prefix(size);
    }
}

std::optional<std::uint64_t> number_of(std::string_view word, int base) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, base);
    if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
    return number;
}

std::optional<Result> result_of(std::string_view word) {
    Result result{word.front(), 0, {}};
    const std::string_view rest = word.substr(1);
    switch (result.what) {
    case done:
    case fault:
    case waits:
    case unreached: return rest.empty() ? std::optional(result) : std::nullopt;
    case unable: result.why = rest; return result;
    case value:
    case entry:
    case failed:
    case count: {
        const bool hex = result.what == value || result.what == entry;
        const auto number = number_of(rest, hex ? 16 : 10);
        if (!number) return std::nullopt;
        result.number = *number;
        return result;
    }
    default: return std::nullopt;
    }
}

}  // namespace

std::string to_text(const Step& step) {
    std::string text = info(step.operation).by_process
                           ? fmt::format("{}.{}", step.slot, step.cpu)
                           : std::string("-");
    text += fmt::format(" {}", info(step.operation).name);
    for (unsigned i = 0; i < arguments_of(step.operation); ++i)
        text += fmt::format(" {}", step.arguments[i]);
    return text;
}

std::string to_text(const Result& result) {
    switch (result.what) {
    case value:
    case entry: return fmt::format("{}{:x}", result.what, result.number);
    case failed:
    case count: return fmt::format("{}{}", result.what, result.number);
    default: return result.what + result.why;
    }
}

std::string program_text(std::uint64_t id, unsigned repeat, std::uint64_t seed,
                         const std::vector<Step>& steps) {
    std::string text = fmt::format("program {} repeat {} seed {}\n", id, repeat, seed);
    for (const Step& step : steps)
        text += fmt::format("{} {} {}\n", step.group, step.branch, to_text(step));
    return text + "go\n";
}

std::optional<Hello> parse_hello(std::string_view line) {
    const auto words = words_of(line);
    if (words.size() < 5 || words[0] != "hello" || words[4] != "has") return std::nullopt;
    if (number_of(words[1], 10) != version) return std::nullopt;
    const auto zeropage = number_of(words[3], 10);
    if (!zeropage) return std::nullopt;
    Hello hello{std::string(words[2]), *zeropage, {}};
    hello.has.insert(words.begin() + 5, words.end());
    return hello;
}

std::optional<Results> parse_results(std::string_view line, std::uint64_t id) {
    const auto words = words_of(line);
    if (words.size() < 2 || words[0] != "did" || number_of(words[1], 10) != id)
        return std::nullopt;
    Results results;
    for (std::size_t i = 2; i < words.size(); ++i) {
        const auto result = result_of(words[i]);
        if (!result) return std::nullopt;
        results.push_back(*result);
    }
    return results;
}

bool is_end(std::string_view line, std::uint64_t id) {
    const auto words = words_of(line);
    return words.size() == 2 && words[0] == "end" && number_of(words[1], 10) == id;
}

std::optional<std::pair<int, int>> parse_exited(std::string_view line) {
    const auto words = words_of(line);
    if (words.size() != 3 || words[0] != exited) return std::nullopt;
    const auto status = number_of(words[1], 10);
    const auto signal = number_of(words[2], 10);
    if (!status || !signal) return std::nullopt;
    return std::pair(static_cast<int>(*status), static_cast<int>(*signal));
}

}  // namespace cowcheck::wire
