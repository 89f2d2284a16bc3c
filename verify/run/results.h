// What a check has found: data that reports are made of.
#pragma once

#include "checker/explore/explorer.h"
#include "verify/run/left_out.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

// A fault is one of cowcheck itself: it has found something that it can't show.
enum class Verdict : std::uint8_t { incomplete, holds, violated, not_applicable, fault };

[[nodiscard]] constexpr std::string_view name_of(Verdict verdict) {
    switch (verdict) {
    case Verdict::holds: return "holds";
    case Verdict::violated: return "violated";
    case Verdict::not_applicable: return "not applicable";
    case Verdict::fault: return "fault";
    case Verdict::incomplete: break;
    }
    return "incomplete";
}

struct PropertyResult {
    std::string property;
    bool cost = false;
    bool sometimes = false;
    Verdict verdict = Verdict::incomplete;
    // If it is violated by a schedule; a `sometimes` that never happens has none.
    std::optional<unsigned> operations;
    std::optional<unsigned> steps;
    std::string trace;        // the file that it was written to
    std::string story;        // the operations of the schedule, in the order in which they start
    std::string fault;        // what cowcheck can't explain, if that is the verdict
    std::string explanation;  // what is wrong at the end of the schedule
};

// One design in one world.
struct RunResult {
    std::string design;
    std::string world;
    // The design that was explored for it, because in this world both are the same program;
    // or empty.
    std::string same_as;
    std::vector<PropertyResult> properties;
    int depth = -1;  // operations explored completely
    bool exhausted = false;
    // Reductions that the properties' text does not show to be sound, and why not: "steps are not
    // joined: property mine asks for zapping".
    std::vector<std::string> not_reduced;
    bool waited_for_frame = false;  // some step did: the world is too small to say more
    // Operations of the shortest schedule after which a count is wrong: what is not violated is
    // known to hold for fewer only.
    std::optional<unsigned> miscounted_by;
    std::uint64_t states = 0;
    std::uint64_t transitions = 0;
    double seconds = 0;
    std::size_t peak_bytes = 0;
    // States that each level brought, from level 0 on.
    std::vector<std::uint64_t> level_states;
    // What the design's text expects, and what came instead.
    std::vector<std::string> surprises;
};

struct CheckResults {
    unsigned depth = 0;
    unsigned concurrency = 0;  // 0: no bound
    std::vector<RunResult> runs;
    std::vector<LeftOut> left_out;  // there is no run of these
    StopReason stop = StopReason::none;
    std::string stop_text;    // "--max-time 1 min 30 s is over"
    std::string write_error;  // why a trace could not be written; the first one
    double seconds = 0;

    [[nodiscard]] bool violated() const;
    [[nodiscard]] bool has_fault() const;
    [[nodiscard]] int exit_status() const;
};

// "5 operations, 2 in flight at once": the two bounds that every verdict has.
[[nodiscard]] std::string bounds_text(const CheckResults& results);

}  // namespace cowcheck
