// What the explorations of one command may take together, whether one after the other or
// several at a time.
#pragma once

#include "checker/explore/explorer.h"
#include "verify/run/check_run.h"
#include "verify/run/bounds.h"

#include <atomic>
#include <string>

namespace cowcheck {

class Budget {
public:
    // The time runs from now; memory ends at what the machine has.
    explicit Budget(const StopLimits& limits);

    // Where the explorers count themselves in (ExploreOptions::usage).
    [[nodiscard]] Usage& usage() { return usage_; }
    // For Ctrl-C.
    [[nodiscard]] Stop& stop() { return stop_; }

    // Explores one more level of the run, which is left incomplete if the budget is used up;
    // then nobody else goes on either. Any number of threads may do so, each with a run of
    // its own.
    StopReason deepen(CheckRun& run);

    // Why everything stopped; none: it need not.
    [[nodiscard]] StopReason reason() const { return reason_; }
    // "--max-time 1 min 30 s is over"; empty if nothing stopped it.
    [[nodiscard]] std::string text() const;

private:
    void leave_memory_for_the_rest();

    StopLimits limits_;
    Usage usage_;
    Stop stop_;
    std::atomic<StopReason> reason_{StopReason::none};
};

}  // namespace cowcheck
