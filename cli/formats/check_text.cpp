#include "cli/formats/check_text.h"

#include "traces/trace.h"
#include "verify/run/numbers.h"

#include "cowcheck_version.h"

#include <algorithm>

#include <sys/resource.h>

namespace cowcheck {

namespace {

using Lines = std::vector<std::string>;

std::string joined(const Lines& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

bool several_worlds(const CheckResults& results) {
    return std::any_of(results.runs.begin(), results.runs.end(), [&](const RunResult& run) {
        return run.world != results.runs.front().world;
    });
}

std::string name_of(const CheckResults& results, const RunResult& run) {
    return several_worlds(results) ? run.design + " in " + run.world : run.design;
}

std::string length_text(const PropertyResult& result) {
    if (!result.operations) return "it never happens, at any depth";
    return "violated by " + plural(*result.operations, "operation") + ", " +
           plural(*result.steps, "step");
}

// The bounds as options: what one types to see it again.
std::string options_text(const CheckResults& results) {
    return "--depth " + std::to_string(results.depth) + " --concurrency " +
           (results.concurrency == 0 ? "all" : std::to_string(results.concurrency));
}

std::size_t count(const RunResult& run, Verdict verdict) {
    return static_cast<std::size_t>(
        std::count_if(run.properties.begin(), run.properties.end(),
                      [&](const PropertyResult& result) { return result.verdict == verdict; }));
}

void add_violations(const CheckResults& results, Lines& lines) {
    for (const RunResult& run : results.runs)
        for (const PropertyResult& result : run.properties) {
            if (result.verdict != Verdict::violated) continue;
            std::string line = name_of(results, run) + " " + result.property + ": ";
            if (result.operations)
                line += plural(*result.operations, "operation") + ", " +
                        plural(*result.steps, "step") + ": " + result.story;
            else
                line += "it never happens, at any depth";
            lines.push_back(std::move(line));
            if (!result.trace.empty()) lines.push_back("    " + result.trace);
        }
}

void add_faults(const CheckResults& results, Lines& lines) {
    for (const RunResult& run : results.runs)
        for (const PropertyResult& result : run.properties)
            if (result.verdict == Verdict::fault)
                lines.push_back(name_of(results, run) + " " + result.property +
                                ": no verdict, a fault of cowcheck: " + result.fault);
}

// What holds may do so only because something could not go on.
void add_small_worlds(const CheckResults& results, Lines& lines) {
    std::vector<std::pair<std::string, Lines>> waiting;  // world, designs
    for (const RunResult& run : results.runs) {
        if (!run.waited_for_frame) continue;
        auto known = std::find_if(waiting.begin(), waiting.end(),
                                  [&](const auto& one) { return one.first == run.world; });
        if (known == waiting.end()) known = waiting.insert(waiting.end(), {run.world, {}});
        known->second.push_back(run.design);
    }
    for (const auto& [world, designs] : waiting) {
        std::string names;
        for (const std::string& design : designs) names += (names.empty() ? "" : ", ") + design;
        lines.push_back("note: world " + world + " is too small to say more: steps of " + names +
                        " waited for a free frame");
    }
}

// Once each, whichever runs it is true of.
void add_not_reduced(const CheckResults& results, Lines& lines) {
    Lines known;
    for (const RunResult& run : results.runs)
        for (const std::string& reason : run.not_reduced)
            if (std::find(known.begin(), known.end(), reason) == known.end()) {
                known.push_back(reason);
                lines.push_back("note: " + reason);
            }
}

// Where nothing more is said of what is not violated, and why.
void add_miscounts(const CheckResults& results, Lines& lines) {
    for (const RunResult& run : results.runs)
        for (const PropertyResult& result : run.properties) {
            if (!run.miscounted_by || result.property != counting_name) continue;
            const std::string right = plural(*run.miscounted_by - 1, "operation");
            lines.push_back("note: " + name_of(results, run) + ": " + result.explanation +
                            "; from there on, counts are wrong: what is not violated was shown to "
                            "hold for " +
                            right + " only, and what takes more may take fewer than is said");
        }
}

void add_exhausted(const CheckResults& results, Lines& lines) {
    const std::string in_flight =
        results.concurrency == 0
            ? ""
            : " with " + std::to_string(results.concurrency) + " operations in flight at once";
    for (const RunResult& run : results.runs)
        if (run.exhausted && !run.miscounted_by)
            lines.push_back(run.design + ": no new states at depth " + std::to_string(run.depth) +
                            ": what holds, holds at any depth in world " + run.world + in_flight +
                            (run.waited_for_frame ? " and no more frames" : ""));
}

void add_same_programs(const CheckResults& results, Lines& lines) {
    for (const RunResult& run : results.runs)
        if (!run.same_as.empty())
            lines.push_back(run.design + ": the same program as " + run.same_as + " in world " +
                            run.world + ", explored once for both");
}

void add_totals(const CheckResults& results, Lines& lines) {
    std::uint64_t states = 0;
    std::uint64_t transitions = 0;
    for (const RunResult& run : results.runs) {
        if (!run.same_as.empty()) continue;
        states += run.states;
        transitions += run.transitions;
    }
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    lines.push_back(count_text(states) + " states, " + count_text(transitions) + " transitions, " +
                    duration_text(results.seconds) + ", at most " +
                    bytes_text(static_cast<std::uint64_t>(usage.ru_maxrss) * 1024));
}

}  // namespace

std::string check_header(const CheckResults& results) {
    Lines worlds;
    Lines designs;
    for (const RunResult& run : results.runs) {
        if (std::find(worlds.begin(), worlds.end(), run.world) == worlds.end())
            worlds.push_back(run.world);
        if (std::find(designs.begin(), designs.end(), run.design) == designs.end())
            designs.push_back(run.design);
    }
    const auto some = [](const Lines& names, const std::string& what) {
        return names.size() == 1 ? what + " " + names.front() : plural(names.size(), what);
    };
    return "cowcheck " + std::string(version) + ": " + some(designs, "design") + " in " +
           some(worlds, "world") + "; every schedule of at most " + bounds_text(results);
}

std::string verdict_line(const CheckResults& results, const RunResult& run,
                         const PropertyResult& result) {
    if (result.verdict != Verdict::violated) return {};
    return "[" + duration_text(results.seconds) + "] " + name_of(results, run) + " " +
           result.property + ": " + length_text(result) + "  (" + options_text(results) + ")\n";
}

std::string level_line(const CheckResults& results, const RunResult& run) {
    const bool complete = run.exhausted || run.depth >= static_cast<int>(results.depth);
    const std::size_t holding = count(run, Verdict::holds);
    if (!complete || holding == 0) return {};
    const bool alone = count(run, Verdict::violated) == 0 && count(run, Verdict::fault) == 0;
    const std::string all = alone ? "all " : "the other ";
    const std::string waited = run.waited_for_frame ? ", with no more frames" : "";
    return "[" + duration_text(results.seconds) + "] " + name_of(results, run) + ": " + all +
           std::to_string(holding) + (holding == 1 ? " property holds" : " properties hold") +
           (run.exhausted ? " at any depth" + waited : "") + "  (" + options_text(results) + ")\n";
}

std::string check_summary(const CheckResults& results) {
    Lines lines;
    add_violations(results, lines);
    add_faults(results, lines);
    add_miscounts(results, lines);
    add_exhausted(results, lines);
    add_not_reduced(results, lines);
    add_small_worlds(results, lines);
    add_same_programs(results, lines);
    for (const std::string& line : left_out_lines(results.left_out)) lines.push_back(line);
    for (const RunResult& run : results.runs)
        for (const std::string& surprise : run.surprises)
            lines.push_back("note: " + name_of(results, run) + " " + surprise);
    if (!results.violated() && !results.has_fault() && results.stop == StopReason::none)
        lines.push_back("no violation within " + bounds_text(results));
    if (!results.stop_text.empty()) lines.push_back("stopped: " + results.stop_text);
    add_totals(results, lines);
    return joined(lines);
}

}  // namespace cowcheck
