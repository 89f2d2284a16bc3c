#include "cli/terminal/progress.h"

#include "verify/run/limits.h"
#include "verify/run/numbers.h"

#include <spdlog/spdlog.h>

#include <algorithm>

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

// "v5.7 12 %, v5.8 7 % and 4 more"
std::string names_of(const std::vector<ProgressNow::Run>& runs) {
    constexpr std::size_t most = 2;
    std::string text;
    for (std::size_t i = 0; i < std::min(most, runs.size()); ++i)
        text += (i == 0 ? "" : ", ") + runs[i].name + " " + percent(runs[i].frontier_share);
    if (runs.size() > most) text += " and " + std::to_string(runs.size() - most) + " more";
    return text;
}

}  // namespace

std::string to_text(const ProgressNow& now) {
    return "depth " + std::to_string(now.level) + " of " + std::to_string(now.depth) + ", " +
           names_of(now.runs) + ", " + count_text(now.states) + " states, " +
           count_of(now.states_per_second) + "/s, " + bytes_text(now.bytes) + expected_text(now);
}

ProgressMonitor::ProgressMonitor(const CheckResults& results, StatusLine& status)
    : status_(status), on_terminal_(is_terminal(STDERR_FILENO)), depth_(results.depth) {
    const auto& all = results.runs;
    for (const RunResult& run : all) {
        const bool several = run.world != all.front().world || run.world != all.back().world;
        runs_.push_back({several ? run.design + " in " + run.world : run.design, nullptr, 0});
        growth_.push_back({{}, 0, !run.same_as.empty()});  // that one brings no state of its own
    }
    thread_ = std::thread([this] { watch(); });
}

ProgressMonitor::~ProgressMonitor() {
    {
        const std::scoped_lock lock(mutex_);
        over_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void ProgressMonitor::begin_level(std::size_t place, const CheckRun& run) {
    const std::scoped_lock lock(mutex_);
    runs_[place].explorer = run.explorer();
}

void ProgressMonitor::end_level(std::size_t place, const CheckRun& run) {
    const std::scoped_lock lock(mutex_);
    runs_[place].explorer = nullptr;
    runs_[place].states = run.states();
    growth_[place] = {run.level_states(), 0, run.explorer()->exhausted()};
}

bool ProgressMonitor::is_under_way() const {
    return std::any_of(runs_.begin(), runs_.end(),
                       [](const Run& run) { return run.explorer != nullptr; });
}

// Called with the mutex held, while something is under way.
ProgressNow ProgressMonitor::look() {
    ProgressNow now;
    now.depth = now.level = depth_;
    const auto time = Clock::now();
    for (std::size_t i = 0; i < runs_.size(); ++i) {
        const Run& run = runs_[i];
        if (run.explorer == nullptr) {
            now.states += run.states;
            continue;
        }
        const Progress progress = run.explorer->progress();
        now.states += progress.states;
        now.level = std::min(now.level, progress.depth);
        growth_[i].begun = progress.states - std::min(progress.states, run.states);
        const auto work = static_cast<double>(std::max<std::uint64_t>(1, progress.frontier));
        now.runs.push_back({run.name, static_cast<double>(progress.frontier_done) / work});
    }
    now.bytes = resident_bytes();
    now.seconds = std::chrono::duration<double>(time - begin_).count();
    const double since = std::chrono::duration<double>(time - earlier_.time).count();
    if (since > 0 && now.states > earlier_.states)
        now.states_per_second = static_cast<double>(now.states - earlier_.states) / since;
    if (time - later_.time > std::chrono::seconds(5)) {
        earlier_ = later_;
        later_ = {time, now.states};
    }
    now.expected = estimate_states(growth_, now.depth);
    return now;
}

void ProgressMonitor::watch() {
    using namespace std::chrono_literals;
    const Clock::duration period = on_terminal_ ? Clock::duration(250ms) : Clock::duration(60s);
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, period, [&] { return over_; })) {
        if (!is_under_way()) continue;
        const ProgressNow now = look();
        if (on_terminal_)
            status_.show(to_text(now));
        else
            spdlog::info("{}: {}", duration_text(now.seconds), to_text(now));
    }
}

}  // namespace cowcheck
