// How far a check has come, told on stderr while it runs: four times a second on a
// terminal, once a minute otherwise.
#pragma once

#include "cli/terminal/terminal.h"
#include "verify/run/check_run.h"
#include "verify/run/estimate.h"
#include "verify/run/results.h"

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cowcheck {

// One look at a check that runs.
struct ProgressNow {
    // What is under way: "v5.9" or, if there are several worlds, "v5.9 in tiny".
    struct Run {
        std::string name;
        double frontier_share = 0;  // of its level: 0 to 1
    };
    std::vector<Run> runs;
    unsigned level = 0;  // the lowest that is under way
    unsigned depth = 0;
    std::uint64_t states = 0;  // of all designs together
    double states_per_second = 0;
    std::uint64_t bytes = 0;  // of the process
    std::optional<Estimate> expected;
    double seconds = 0;
};

[[nodiscard]] std::string to_text(const ProgressNow& now);

class ProgressMonitor {
public:
    // `results` are looked at here only, for what is to be explored.
    ProgressMonitor(const CheckResults& results, StatusLine& status);
    ~ProgressMonitor();
    ProgressMonitor(const ProgressMonitor&) = delete;
    ProgressMonitor& operator=(const ProgressMonitor&) = delete;

    // The run in that place goes on, and has ended a level. Any thread may call these, several
    // runs may be under way.
    void begin_level(std::size_t place, const CheckRun& run);
    void end_level(std::size_t place, const CheckRun& run);

private:
    using Clock = std::chrono::steady_clock;

    struct Run {
        std::string name;
        const Explorer* explorer = nullptr;  // while it is under way
        std::uint64_t states = 0;            // when its last level began or ended
    };

    void watch();
    [[nodiscard]] bool is_under_way() const;
    [[nodiscard]] ProgressNow look();

    StatusLine& status_;
    bool on_terminal_;
    unsigned depth_;
    Clock::time_point begin_ = Clock::now();

    std::mutex mutex_;
    std::condition_variable changed_;
    bool over_ = false;
    std::vector<Run> runs_;
    std::vector<GrowthSoFar> growth_;  // of each
    // For the speed: where we were some seconds ago, and a while before.
    struct Mark {
        Clock::time_point time;
        std::uint64_t states = 0;
    };
    Mark earlier_{begin_, 0};
    Mark later_{begin_, 0};

    std::thread thread_;
};

}  // namespace cowcheck
