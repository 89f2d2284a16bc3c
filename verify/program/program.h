// `cowcheck run`: all outcomes of a program on designs, and which of its conditions hold.
#pragma once

#include "checker/measure/program_run.h"
#include "model/library.h"
#include "traces/trace.h"
#include "verify/run/fault.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cowcheck {

// A program with the texts that it goes by.
struct LoadedProgram {
    std::string path;  // empty if it is built in
    std::unique_ptr<SourceFile> file;
    ProgramText text;
    std::unique_ptr<SourceFile> world_file;
    std::optional<ast::World> world;  // that it starts as

    [[nodiscard]] ProgramStart start() const { return {nullptr, world ? &*world : nullptr}; }
};

// By the name of a built-in one, or a file. Throws BadInput.
[[nodiscard]] LoadedProgram load_program(const Library& library, const std::string& name);
[[nodiscard]] std::vector<std::string> program_names();
// The kernel's own tests, in their order.
[[nodiscard]] std::vector<LoadedProgram> load_selftests();

// What is wanted of each program and design.
struct ProgramRequest {
    const LoadedProgram* program = nullptr;
    std::vector<DesignText> designs;
    std::uint64_t max_states = 5'000'000;
    std::function<bool()> stop;  // whether to leave off, asked now and then
    // Writes a trace and the world that it is in; returns the path. Empty: no traces.
    std::function<std::string(const Trace&, const std::string& name, const std::string& world_text)>
        sink;
    // Where a trace's world will be found, for its header; with `sink`.
    std::function<std::string(const std::string& name)> world_path;
};

// What somebody sees in the end, by any of the schedules that lead there.
struct OutcomeReport {
    std::vector<std::string> values;     // in the order of ProgramReport::names
    std::vector<std::string> stuck;      // operations that never end: "parent: write"
    bool loops = false;                  // ... and go on for ever; else they wait
    std::vector<std::string> unreached;  // what does not even begin
    unsigned operations = 0;             // that the shortest schedule starts
    unsigned steps = 0;
    std::string story;  // the operations of that schedule, in the order of their start
    std::string trace;  // the file
};

enum class ConditionVerdict : std::uint8_t { holds, fails, unknown };

struct ConditionReport {
    ConditionVerdict verdict = ConditionVerdict::unknown;
    std::size_t outcomes = 0;  // of which the expression is true
};

// Something that no program should meet.
struct TroubleReport {
    ProgramTrouble::What what = ProgramTrouble::What::asserts;
    unsigned operations = 0;
    unsigned steps = 0;
    std::string story;
    std::string trace;
};

struct DesignReport {
    std::string design;
    std::string skipped;  // why it says nothing: "no such operation: ..."; all else is empty then
    bool limited = false;
    std::uint64_t states = 0;
    std::vector<OutcomeReport> outcomes;
    std::vector<ConditionReport> conditions;
    std::vector<TroubleReport> troubles;
    std::optional<Fault> fault;  // of cowcheck: no verdict
};

struct ProgramReport {
    const ProgramText* program = nullptr;
    std::vector<std::string> names;  // of what is seen: "x", "y[1]"
    std::vector<DesignReport> designs;

    [[nodiscard]] int exit_status() const;
};

// Throws BadInput if the program does not fit its world, or a design can't be compiled for it.
[[nodiscard]] ProgramReport run(const ProgramRequest& request);

// "cpu0 fork, cpu2 gup(read, get), pin dma_read"
[[nodiscard]] std::string story_of(const Program& program, const std::vector<ProgramMove>& moves);
[[nodiscard]] unsigned steps_of(const std::vector<ProgramMove>& moves);

}  // namespace cowcheck
