// What a gate has found: data that reports are made of.
#pragma once

#include "checker/measure/cost.h"
#include "verify/run/results.h"
#include "verify/run/left_out.h"

#include <optional>
#include <string>
#include <vector>

namespace cowcheck {

enum class Change : std::uint8_t { worse, better, same, undecided };

[[nodiscard]] constexpr std::string_view name_of(Change change) {
    switch (change) {
    case Change::worse: return "worse";
    case Change::better: return "better";
    case Change::same: return "same";
    case Change::undecided: break;
    }
    return "undecided";
}

// A place in a design's text: where a reviewer should look.
struct DesignPlace {
    std::string file;  // a path; of built-in designs the one in the sources
    unsigned line = 0;
    unsigned column = 0;
    std::string statement;

    friend bool operator==(const DesignPlace&, const DesignPlace&) = default;
};

// A step of a schedule, as review tools show it.
struct FlowStep {
    DesignPlace place;
    std::string thread;
    std::string text;
    bool essential = false;  // its order matters
};

// One property in one world, in both designs.
struct Comparison {
    std::string world;
    std::string property;
    bool cost = false;
    Verdict before = Verdict::incomplete;
    Verdict after = Verdict::incomplete;
    Change change = Change::undecided;
    std::optional<unsigned> operations_before;  // of the shortest violations
    std::optional<unsigned> operations;
    std::optional<unsigned> steps;
    std::string trace;  // of the new design; only where it got worse
    std::string story;
    DesignPlace place;        // the line that decides
    std::string decides;      // what the order of two steps has to do with it; or empty
    DesignPlace other;        // the other one of the two
    std::vector<FlowStep> flow;
    std::string waiver;  // why it may be worse; empty: it may not
    std::string fault;   // why cowcheck has no verdict about one of the two; or empty
    std::size_t place_in_results = 0;  // among those of the new design's run
};

// An `expect` line, or the lack of one after --update, that does not fit.
struct ExpectationResult {
    std::string property;
    bool expects_violated = false;
    std::string where;             // the worlds that it names: "hugetlb, memfd"; or empty
    std::optional<bool> violated;  // over its worlds; nothing: undecided
    std::string world;             // the one that speaks against it
    std::string story;
    DesignPlace place;
    std::string waiver;

    [[nodiscard]] bool differs() const { return violated && *violated != expects_violated; }
};

struct PathComparison {
    std::string path;
    std::optional<PathCost> before;  // nothing: there is no such path
    std::optional<PathCost> after;
    bool absent = false;  // the new design has not got an operation of it, and says so

    [[nodiscard]] bool differs() const { return before != after; }
    // It came to its end, and nobody comes there any more.
    [[nodiscard]] bool worse() const {
        return before && before->ends() && !absent && !(after && after->ends());
    }
};

// What was explored in one world.
struct GateWorld {
    std::string world;
    unsigned depth = 0;
    std::uint64_t states_before = 0;
    std::uint64_t states = 0;
    bool complete = false;          // both designs, up to the bound
    bool same_program = false;      // there is no difference between them in this world
    bool waited_for_frame = false;  // a step of one of them did: the world is too small to say more
    double seconds = 0;             // that its exploration took
};

// What a property promises, for those who show it.
struct PropertyMeaning {
    std::string property;
    std::string meaning;
    std::string source;
};

// The name of what a gate asks itself: that what an operation can do, it can still do.
inline constexpr std::string_view effects_name = "operations_have_effect";

// A property that may get worse, and why.
struct Waiver {
    std::string property;
    std::string reason;
};

// How many worlds that were made for the change were looked at.
struct GateMadeWorlds {
    std::size_t worlds = 0;
    std::uint64_t states = 0;  // of the new design
};

struct GateReport {
    std::string base;
    std::string design;
    std::string title;
    unsigned concurrency = 0;
    std::vector<GateWorld> worlds;
    std::vector<LeftOut> left_out;  // worlds that one of the two designs says nothing about
    std::vector<Comparison> comparisons;
    std::vector<ExpectationResult> expectations;
    std::vector<PathComparison> paths;
    std::vector<Waiver> waivers;
    std::optional<GateMadeWorlds> made;  // if any were asked for
    std::vector<PropertyMeaning> meanings;  // of all that was looked at
    DesignPlace own_place;  // of the design's own text: where what has no line is shown
    std::string updated;  // the file whose expectations were rewritten
    std::string stop_text;
    double seconds = 0;

    // Not waived; or a path does not come to its end.
    [[nodiscard]] bool got_worse() const;
    [[nodiscard]] bool unexpected() const;
    [[nodiscard]] bool undecided() const;
    [[nodiscard]] bool has_fault() const;
    [[nodiscard]] int exit_status() const;
    [[nodiscard]] std::string meaning_of(const std::string& property) const;
    [[nodiscard]] const GateWorld& world(const std::string& name) const;
};

}  // namespace cowcheck
