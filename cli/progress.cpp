#include "cli/progress.h"

#include "cli/limits.h"
#include "cli/numbers.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>

#include <unistd.h>

namespace cowcheck {

namespace {

std::string percent(double share) {
    return std::to_string(static_cast<unsigned>(std::clamp(share, 0.0, 1.0) * 100)) + " %";
}

std::string count_of(double count) { return count_text(static_cast<std::uint64_t>(count)); }

// "80.1 M - 140 M states expected, 40.0 s - 70.0 s to go"
std::string expected_text(const ProgressNow& now) {
    if (!now.expected || now.states_per_second < 1) return {};
    const auto done = static_cast<double>(now.states);
    const double high = std::max(now.expected->high, done);
    const double low = std::max(now.expected->low, done);
    const double slowest = (high - done) / now.states_per_second;
    if (slowest < 2) return {};
    return ", " + count_of(low) + " - " + count_of(high) +
           " expected: " + duration_text((low - done) / now.states_per_second) + " - " +
           duration_text(slowest) + " to go";
}

}  // namespace

std::string to_text(const ProgressNow& now) {
    const std::string where = now.world.empty() ? now.design : now.design + " in " + now.world;
    return "depth " + std::to_string(now.level) + " of " + std::to_string(now.depth) + ", " +
           where + " " + percent(now.frontier_share) + ", " + count_text(now.states) + " states, " +
           count_of(now.states_per_second) + "/s, " + bytes_text(now.bytes) + expected_text(now);
}

ProgressMonitor::ProgressMonitor(const CheckResults& results, StatusLine& status)
    : results_(results), status_(status), on_terminal_(is_terminal(STDERR_FILENO)),
      thread_([this] { watch(); }) {}

ProgressMonitor::~ProgressMonitor() {
    {
        const std::scoped_lock lock(mutex_);
        over_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void ProgressMonitor::begin_level(std::size_t run, const Explorer& explorer) {
    const std::scoped_lock lock(mutex_);
    explorer_ = &explorer;
    run_ = run;
    now_.design = results_.runs[run].design;
    const auto& runs = results_.runs;
    const bool several = std::any_of(runs.begin(), runs.end(), [&](const RunResult& other) {
        return other.world != runs[run].world;
    });
    now_.world = several ? runs[run].world : "";
    now_.depth = results_.depth;
    growth_.clear();
    other_states_ = 0;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        growth_.push_back({runs[i].level_states, 0, runs[i].exhausted});
        other_states_ += i == run ? 0 : runs[i].states;
    }
    before_ = runs[run].states;
}

void ProgressMonitor::end_level() {
    const std::scoped_lock lock(mutex_);
    explorer_ = nullptr;
}

// Called with the mutex held, while a level is under way.
ProgressNow ProgressMonitor::look() {
    const Progress progress = explorer_->progress();
    ProgressNow now = now_;
    const auto time = Clock::now();
    now.level = progress.depth;
    now.states = other_states_ + progress.states;
    now.bytes = resident_bytes();
    now.seconds = std::chrono::duration<double>(time - begin_).count();
    const std::uint64_t work = progress.frontier;
    now.frontier_share =
        work == 0 ? 0 : static_cast<double>(progress.frontier_done) / static_cast<double>(work);
    const double since = std::chrono::duration<double>(time - earlier_.time).count();
    if (since > 0 && now.states > earlier_.states)
        now.states_per_second = static_cast<double>(now.states - earlier_.states) / since;
    if (time - later_.time > std::chrono::seconds(5)) {
        earlier_ = later_;
        later_ = {time, now.states};
    }
    growth_[run_].begun = progress.states - std::min(progress.states, before_);
    now.expected = estimate_states(growth_, now.depth);
    return now;
}

void ProgressMonitor::watch() {
    using namespace std::chrono_literals;
    const Clock::duration period = on_terminal_ ? Clock::duration(250ms) : Clock::duration(60s);
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, period, [&] { return over_; })) {
        if (explorer_ == nullptr) continue;
        const ProgressNow now = look();
        if (on_terminal_)
            status_.show(to_text(now));
        else
            spdlog::info("{}: {}", duration_text(now.seconds), to_text(now));
    }
}

}  // namespace cowcheck
