#include "cli/options/values.h"

#include "cli/options/parse_numbers.h"
#include "verify/run/numbers.h"

#include <algorithm>
#include <thread>

namespace cowcheck {

void declare(CLI::App& app, const std::string& name, Typed& values) {
    app.add_option(name, values)->allow_extra_args(false);
}

const std::string* single(std::string_view option, const Typed& values) {
    if (values.size() > 1)
        throw BadInput(std::string(option) + " is given " + std::to_string(values.size()) +
                       " times, with '" + values[0] + "' and '" + values[1] + "'");
    return values.empty() ? nullptr : &values.front();
}

void require_words(std::string_view option, const Typed& values) {
    if (std::any_of(values.begin(), values.end(), [](const auto& value) { return value.empty(); }))
        throw BadInput(std::string(option) + ": expected a name or a file, got ''");
}

std::string word_or(std::string_view option, const Typed& values, std::string otherwise) {
    const std::string* word = single(option, values);
    require_words(option, values);
    return word == nullptr ? std::move(otherwise) : *word;
}

unsigned read_depth(const Typed& values, unsigned otherwise, unsigned least) {
    const std::string* text = single("--depth", values);
    return text == nullptr ? otherwise : parse_number("--depth", *text, least, max_depth);
}

std::optional<unsigned> read_depth(const Typed& values) {
    if (values.empty()) return std::nullopt;
    return read_depth(values, 0);
}

unsigned read_concurrency(const Typed& values, unsigned otherwise) {
    const std::string* text = single("--concurrency", values);
    if (text == nullptr) return otherwise;
    return *text == "all" ? 0 : parse_number("--concurrency", *text, 1, max_concurrency, "all");
}

unsigned read_threads(const Typed& values) {
    const std::string* text = single("--threads", values);
    return text != nullptr ? parse_number("--threads", *text, 1, max_threads)
                           : std::clamp(std::thread::hardware_concurrency(), 1U, max_threads);
}

// No time at all is a limit as well: the solver answers nothing.
std::chrono::milliseconds read_solver_timeout(const Typed& values) {
    const std::string* text = single("--solver-timeout", values);
    if (text == nullptr) return Policy{}.solver_timeout;
    return *text == "0" ? std::chrono::milliseconds(0) : parse_duration("--solver-timeout", *text);
}

void declare(CLI::App& app, TypedLimits& typed) {
    declare(app, "--max-states", typed.states);
    declare(app, "--max-memory", typed.memory);
    declare(app, "--max-time", typed.time);
}

StopLimits read(const TypedLimits& typed) {
    StopLimits limits;
    if (const auto* text = single("--max-states", typed.states))
        limits.max_states = parse_count("--max-states", *text);
    if (const auto* text = single("--max-memory", typed.memory)) {
        limits.max_memory = parse_bytes("--max-memory", *text);
        constexpr std::uint64_t least = std::uint64_t{32} << 20;
        if (limits.max_memory < least)
            throw BadInput("--max-memory: expected at least " + bytes_text(least) + ", got '" +
                           *text + "'");
    }
    if (const auto* text = single("--max-time", typed.time))
        limits.max_time = parse_duration("--max-time", *text);
    return limits;
}

void declare(CLI::App& app, TypedBounds& typed) {
    declare(app, "--world", typed.worlds);
    declare(app, "--also-world", typed.also_worlds);
    declare(app, "--property", typed.properties);
    declare(app, "--depth", typed.depth);
    declare(app, "--concurrency", typed.concurrency);
    declare(app, "--threads", typed.threads);
    declare(app, typed.limits);
}

void name_all(const Library& library, const TypedBounds& typed, Named& named) {
    require_words("--world", typed.worlds);
    require_words("--also-world", typed.also_worlds);
    require_words("--property", typed.properties);
    named.worlds = typed.worlds.empty() ? library.world_names() : typed.worlds;
    named.worlds.insert(named.worlds.end(), typed.also_worlds.begin(), typed.also_worlds.end());
    named.properties = all_property_names(library);
    named.properties.insert(named.properties.end(), typed.properties.begin(),
                            typed.properties.end());
}

}  // namespace cowcheck
