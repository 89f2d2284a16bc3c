// What the user asked for, checked as far as one can without reading any file.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cowcheck {

inline constexpr unsigned max_depth = 255;
inline constexpr unsigned max_concurrency = 64;
inline constexpr unsigned max_threads = 256;

// When to stop early, for everything that one command explores together.
struct StopLimits {
    std::uint64_t max_states = UINT64_MAX;
    std::uint64_t max_memory = UINT64_MAX;  // bytes, of the whole process
    std::optional<std::chrono::milliseconds> max_time;
};

struct CheckOptions : StopLimits {
    unsigned depth = 5;
    unsigned concurrency = 2;          // 0: no bound
    std::vector<std::string> designs;  // names or files, or all; none: the default ones
    std::vector<std::string> worlds;   // likewise; none: default
    std::vector<std::string> properties;
    unsigned threads = 1;
    std::string traces = "cowcheck-traces";
    std::chrono::milliseconds solver_timeout{10000};  // of one question; 0: no answers
    enum class Format { text, json } format = Format::text;
    bool reduction = true;
    bool merging = true;        // with reduction: rests that no schedule can tell apart are one
    bool trusts_counts = true;  // with reduction: see CheckRun
    bool symmetry = true;
    bool leaves_out_decided = true;  // see CheckRun
};

struct ListOptions {
    enum class What { designs, worlds, properties } what = What::designs;
    std::optional<std::string> show;  // the one to show; nothing: a list of all
};

struct ReplayOptions {
    std::string trace;
    enum class View { text, columns, markdown, mermaid, itf, json } view = View::text;
    bool step = false;   // by commands, on a terminal or from a pipe
    std::string output;  // a file; empty: stdout
    // Files that the trace needs, or another design or world to try it on.
    std::vector<std::string> designs;
    std::vector<std::string> worlds;
    std::vector<std::string> properties;
};

// cowcheck explain: the same files, and one way to tell it.
struct ExplainOptions {
    ReplayOptions replay;
};

struct ExportCommandOptions {
    std::string design;
    std::string world = "default";
    std::vector<std::string> properties;
    unsigned depth = 0;        // 0: no bound
    unsigned concurrency = 2;  // 0: no bound
    std::string output;        // a file; empty: stdout
};

// A property that may get worse, and why.
struct Waiver {
    std::string property;
    std::string reason;
};

struct GateOptions : StopLimits {
    std::string design;
    std::string against;              // empty: what the design extends
    std::optional<unsigned> depth;    // in every world; nothing: as each says
    unsigned concurrency = 2;         // 0: no bound
    std::vector<std::string> worlds;  // none: all that are built in
    std::vector<Waiver> waivers;
    bool update = false;  // rewrite the design's `expect` lines
    unsigned threads = 1;
    std::string traces = "cowcheck-traces";
    enum class Format { text, json, markdown, junit, ktap, sarif } format = Format::text;
};

struct CoverageOptions : StopLimits {
    std::vector<std::string> designs;  // none: all that are built in
    std::vector<std::string> worlds;   // likewise
    std::optional<unsigned> depth;
    unsigned concurrency = 2;
    unsigned threads = 1;
    bool reduction = true;
    enum class Format { text, json, lcov } format = Format::text;
};

struct ProveCommandOptions {
    std::vector<std::string> designs;          // names or files
    std::chrono::milliseconds timeout{10000};  // of one call of the solver; 0: no answers
    std::string smt2;                          // a file for the queries; empty: none
    enum class Format { text, json } format = Format::text;
};

struct SelftestOptions {
    std::vector<std::string> designs;  // names or files; none: all that are built in
    enum class Format { ktap, json } format = Format::ktap;
};

struct HistoryOptions {
    enum class Format { text, markdown } format = Format::text;
    unsigned threads = 1;
    std::string design;  // the cell whose story is told; empty: the whole matrix
    std::string property;
};

// --help or --version: print and be done.
struct ShowText {
    std::string text;
};

using Options = std::variant<CheckOptions, ListOptions, ReplayOptions, ExplainOptions,
                             ExportCommandOptions, GateOptions, CoverageOptions,
                             ProveCommandOptions, SelftestOptions, HistoryOptions, ShowText>;

// Throws BadInput.
[[nodiscard]] Options parse_options(int argc, const char* const* argv);

}  // namespace cowcheck
