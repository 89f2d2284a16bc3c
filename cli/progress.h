// How far a check has come, told on stderr while it runs: four times a second on a
// terminal, once a minute otherwise.
#pragma once

#include "checker/explorer.h"
#include "cli/estimate.h"
#include "cli/results.h"
#include "cli/terminal.h"

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cowcheck {

// One look at a check that runs.
struct ProgressNow {
    std::string design;
    std::string world;  // if there are several
    unsigned level = 0;
    unsigned depth = 0;
    std::uint64_t states = 0;  // of all designs together
    double states_per_second = 0;
    std::uint64_t bytes = 0;    // of the process
    double frontier_share = 0;  // of the level under way: 0 to 1
    std::optional<Estimate> expected;
    double seconds = 0;
};

[[nodiscard]] std::string to_text(const ProgressNow& now);

class ProgressMonitor {
public:
    // `results` are looked at in begin_level() only.
    ProgressMonitor(const CheckResults& results, StatusLine& status);
    ~ProgressMonitor();
    ProgressMonitor(const ProgressMonitor&) = delete;
    ProgressMonitor& operator=(const ProgressMonitor&) = delete;

    // The run in that place goes on; `explorer` lives until end_level().
    void begin_level(std::size_t run, const Explorer& explorer);
    void end_level();

private:
    using Clock = std::chrono::steady_clock;

    void watch();
    [[nodiscard]] ProgressNow look();

    const CheckResults& results_;
    StatusLine& status_;
    bool on_terminal_;
    Clock::time_point begin_ = Clock::now();

    std::mutex mutex_;
    std::condition_variable changed_;
    bool over_ = false;
    const Explorer* explorer_ = nullptr;
    std::size_t run_ = 0;
    ProgressNow now_;  // what stays the same during a level
    std::vector<GrowthSoFar> growth_;
    std::uint64_t before_ = 0;        // states of this run when the level began
    std::uint64_t other_states_ = 0;  // of the other runs
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
