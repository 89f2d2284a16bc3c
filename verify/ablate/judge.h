// One wrong change against its base, in one world after the other: as a gate judges, but for the
// first that got worse only.
#pragma once

#include "model/compile/reached.h"
#include "verify/ablate/definitions.h"
#include "verify/ablate/report.h"
#include "verify/gate/compare.h"
#include "verify/gate/cost_paths.h"
#include "verify/run/bounds.h"
#include "verify/run/clock.h"
#include "verify/run/reporter.h"
#include "verify/run/selection.h"

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

namespace cowcheck {

// What the design itself does in one world.
struct BaseInWorld {
    World world;
    RunOptions options;
    Reached reached;
    std::unique_ptr<CheckRun> run;  // once it was explored: its program only
    Conclusion conclusion;
    std::vector<std::uint64_t> level_states;
    std::uint64_t states = 0;
    std::string open;  // why it was not explored to its bound; or empty
};

[[nodiscard]] bool reaches(const Reached& reached, const Definition& definition);

struct JudgeOptions {
    std::uint64_t budget = 0;  // states, of all worlds of one change together
    std::optional<Clock::time_point> deadline;
    std::uint64_t max_memory = UINT64_MAX;
    unsigned threads = 1;
    const std::atomic<bool>* interrupted = nullptr;
};

class Judge {
public:
    // All of it must outlive the judge.
    Judge(const Library& library, const Selection& selection, const DesignText& base,
          const std::vector<BaseInWorld>& worlds, const DesignCosts& costs);

    // `sink` gets the trace of what breaks; it may be
    // empty. Any number of threads may ask at once.
    [[nodiscard]] Judgement judge(const DesignText& design, const Definition& definition,
                                  const JudgeOptions& options, const TraceSink& sink) const;

private:
    struct Look;

    [[nodiscard]] std::vector<Look> looks_at(const DesignText& design,
                                             const Definition& definition,
                                             const JudgeOptions& options) const;
    void explore(Look& look, const JudgeOptions& options, Judgement& judgement,
                 std::vector<Comparison>& comparisons) const;
    void tell(Look& look, const Comparison& worst, const TraceSink& sink, Broken& broken) const;

    const Library& library_;
    const Selection& selection_;
    const DesignText& base_;
    const std::vector<BaseInWorld>& worlds_;  // those with the fewest states first
    const DesignCosts& costs_;
};

}  // namespace cowcheck
