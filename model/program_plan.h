// A program for one design and one start: compiled, every page of its operations by itself, and
// each with what must have ended before.
#pragma once

#include "model/compile/applicable.h"
#include "model/compile/compile.h"
#include "model/program_text.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

// A kind of memory that the kernel's tests run with, in the kernel's words.
struct ProgramMemory {
    std::string_view name;   // "memfd hugetlb (2048 kB)"
    std::string_view group;  // which tests: "anonymous", "other" or "thp"
    std::string_view maps;   // in the words of a world
    bool hugetlb = false;
    bool swapped = false;  // it is paged out first, if nothing comes between
};

// Those of `memories GROUP`, in the order in which the kernel runs them.
[[nodiscard]] std::span<const ProgramMemory> program_memories();

// Where a program starts, beyond what it says itself: neither for `memory` and `start`.
struct ProgramStart {
    const ProgramMemory* memory = nullptr;  // of `memories`
    const ast::World* world = nullptr;      // that `world` names
};

// One thing that happens, or a look.
struct PlannedAction {
    static constexpr int any = -1;

    ProgramStep::Kind kind = ProgramStep::Kind::operation;
    std::string text;         // "parent: gup(read, pin, longterm)"
    SourceSpan span;          // nowhere: the plan made it
    std::uint32_t after = 0;  // the actions (bits) that must have ended
    Actor actor = Actor::cpu;
    unsigned mm = 0;  // whose CPUs, or memory
    int cpu = any;    // which one of all CPUs
    unsigned va = 0;  // where it has one
    bool has_va = false;
    int operation = any;      // index into Program::operations
    int gup = any;            // of a device: the action that takes the pin; any: whichever
    std::uint8_t stores = 0;  // the value, an index into ProgramPlan::values; 0 is zeroes
    Look look = Look::page;
    int seen = any;  // index into ProgramPlan::seen
};

// A name of what is observed, for one page if there are several.
struct PlannedName {
    std::string name;
    int va = PlannedAction::any;
    Seen seen = Seen::result;

    // "x", "x[1]"
    [[nodiscard]] std::string text() const {
        return va < 0 ? name : name + "[" + std::to_string(va) + "]";
    }
};

// What a kernel thread may start at any moment.
struct PlannedMeanwhile {
    unsigned operation = 0;
    unsigned at_most = 0;  // 0 is any number
};

struct ProgramPlan {
    static constexpr std::size_t max_actions = 30;  // a set of them is a word
    static constexpr std::size_t max_seen = 24;

    Program program;
    ast::World world;  // as it could stand in a file
    std::vector<PlannedAction> actions;
    std::vector<PlannedName> seen;
    std::vector<PlannedMeanwhile> meanwhile;
    std::vector<std::string> values;   // [0] is "0"
    std::vector<std::uint8_t> frames;  // by frame: the value that it holds at the start
};

// Every complaint about what only a world decides is in `out`, and nothing is returned then.
[[nodiscard]] std::optional<ProgramPlan> plan_program(const DesignText& design,
                                                      const ProgramText& text,
                                                      const ProgramStart& start, Diagnostics& out);

// What the design has not got of what the program takes; then it can't be planned for it.
[[nodiscard]] std::vector<Absent> not_applicable(const DesignText& design, const ProgramText& text,
                                                 const ProgramStart& start);

}  // namespace cowcheck
