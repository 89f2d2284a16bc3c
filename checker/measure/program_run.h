// Every interleaving of a program, and all that can be seen: on the plain machine, one atomic step
// at a time, since what a program sees must not be joined away or renamed.
#pragma once

#include "model/machine/actions.h"
#include "model/program_plan.h"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cowcheck {

// What stands for a thing that is seen: a value by its number, ok, a count, or one of these.
struct SeenCode {
    static constexpr std::uint8_t none = 200;  // no event in time; nothing is mapped
    static constexpr std::uint8_t zeropage = 201;
    static constexpr std::uint8_t file = 202;
    static constexpr std::uint8_t swapped = 203;
    static constexpr std::uint8_t migrating = 204;
    static constexpr std::uint8_t fault = 253;
    static constexpr std::uint8_t waits = 254;
    static constexpr std::uint8_t unreached = 255;
    // Of a result, an event, and a bit that is set.
    static constexpr std::uint8_t ok = 1;
    // Pages: the machine's frames, or, when they have been freed, by who saw them first.
    // An outcome has them in the order in which they are seen, from the first on.
    static constexpr std::uint8_t frame = 100;
    static constexpr std::uint8_t gone = 120;
};

using SeenAll = std::array<std::uint8_t, ProgramPlan::max_seen>;

// One move of a schedule: the machine's, or something that is none of its steps.
struct ProgramMove {
    enum class Kind : std::uint8_t {
        step,     // an action of the machine
        look,     // somebody looks, or takes an event
        fault,    // an operation that there is nothing to do it with
        no_event  // wait_event gives up, as nothing else moves
    };
    static constexpr std::uint8_t nobody = 0xff;

    Kind kind = Kind::step;
    std::uint8_t number = nobody;  // of the planned action that looks, faults or starts
    Action action;

    friend bool operator==(const ProgramMove&, const ProgramMove&) = default;
};

struct ProgramOutcome {
    SeenAll seen{};
    std::uint32_t unfinished = 0;  // actions (bits) that do not end
    bool loops = false;            // they go on for ever; else they wait
    unsigned operations = 0;       // that the shortest schedule starts
    std::vector<ProgramMove> schedule;
};

// Something wrong on the way, by its shortest schedule.
struct ProgramTrouble {
    enum class What : std::uint8_t {
        asserts,   // an assertion of the design fails
        miscounts  // a count is wrong, or a page in use is free
    };
    What what = What::asserts;
    unsigned operations = 0;
    std::vector<ProgramMove> schedule;
};

// The first moment at which a condition can't hold any more.
struct ProgramFailure {
    enum class What : std::uint8_t { condition, asserts, stuck };
    What what = What::condition;
    std::size_t condition = 0;
    unsigned action = 0;  // at which it happens; stuck: the last that began
    std::vector<ProgramMove> schedule;
};

struct ProgramRunOptions {
    std::uint64_t max_states = 5'000'000;
    // Whether what is seen so far breaks a condition, whatever comes; then that is all that is
    // looked for. Returns its number.
    std::function<std::optional<std::size_t>(const SeenAll&)> broken;
    std::function<bool()> stop;  // asked now and then
};

struct ProgramRun {
    std::vector<ProgramOutcome> outcomes;  // in the order of what is seen
    std::vector<ProgramTrouble> troubles;
    std::optional<ProgramFailure> failure;  // with `broken`
    bool limited = false;                   // there may be more
    std::uint64_t states = 0;
};

[[nodiscard]] ProgramRun run_program(const ProgramPlan& plan, const ProgramRunOptions& options);

// A schedule taken again, move by move: what is seen then. Nothing if a move is not possible.
struct FollowedRun {
    SeenAll seen{};
    SeenAll so_far{};  // without what waits
    std::uint32_t unfinished = 0;
    bool goes_on = false;  // something can move, but for what may start meanwhile
    bool asserts = false;  // in the last move
    bool miscounts = false;
};
[[nodiscard]] std::optional<FollowedRun> follow(const ProgramPlan& plan,
                                                const std::vector<ProgramMove>& schedule);

// Pages named in the order in which they are seen.
[[nodiscard]] SeenAll canonical(const ProgramPlan& plan, SeenAll seen);

}  // namespace cowcheck
