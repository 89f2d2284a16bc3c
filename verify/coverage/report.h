// What of the designs' texts was run: data that reports are made of.
#pragma once

#include "checker/measure/coverage.h"
#include "verify/coverage/unreachable.h"
#include "verify/run/left_out.h"
#include "model/library.h"

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace cowcheck {

// A statement that is a step, or a part of one.
struct StatementCoverage {
    SourceSpan span;
    Statement told;
    std::string handler;
    std::uint64_t times = 0;
    bool compiled = false;  // some world's menu leads here
    bool guard = false;     // an `if` that is looked at
    std::uint64_t when_true = 0;
    std::uint64_t when_false = 0;
    std::string explained;  // why something is missing here

    [[nodiscard]] bool incomplete() const {
        return times == 0 || (guard && (when_true == 0 || when_false == 0));
    }
};

// In the order of the text.
using StatementKey = std::tuple<std::string, std::uint32_t, std::uint32_t>;
using TextCoverage = std::map<StatementKey, StatementCoverage>;

[[nodiscard]] inline StatementKey key_of(const SourceSpan& span) {
    return {span.file->name, span.line, span.column};
}

// The text that is in force in a design, its own and what it inherits, with nothing run.
[[nodiscard]] TextCoverage text_in_force(const DesignText& design);
void add_run(const Program& program, const ProgramCoverage& run, TextCoverage& text);
// An `if` that no world's menu ever leaves open is no step; it is not in the result.
void finish(TextCoverage& text);

// A clause of a property that never asked for anything.
struct SilentClause {
    std::string property;
    SourceSpan span;
    bool whole_property = false;  // none of its clauses ever did
};

struct DesignCoverage {
    std::string design;
    TextCoverage inherited;  // what is missing of the text of other files
    std::vector<SilentClause> silent;
};

struct StaleExplanation {
    std::string file;
    unsigned line = 0;
};

struct CoverageReport {
    TextCoverage text;  // of all files in force, over all designs
    std::map<std::string, std::vector<std::string>> files;  // each design's own ones
    std::map<std::string, std::string> paths;               // of files: where they are
    std::vector<DesignCoverage> designs;
    std::vector<StaleExplanation> stale;
    std::vector<LeftOut> left_out;  // there was nothing to run
    std::string bounds;
    std::string stop_text;
    double seconds = 0;

    [[nodiscard]] bool is_own(const StatementCoverage& statement) const;
    // Steps and guards of own files that are incomplete and not explained.
    [[nodiscard]] std::vector<const StatementCoverage*> missing() const;
    [[nodiscard]] int exit_status() const;
};

[[nodiscard]] bool contains(const std::vector<std::string>& files, const std::string& file);

}  // namespace cowcheck
