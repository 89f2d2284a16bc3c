// Explores every schedule of a program up to a number of operations, level by
// level, and keeps the shortest violation of every property.
#pragma once

#include "checker/explore/limits.h"
#include "checker/explore/partition.h"
#include "checker/explore/violation.h"
#include "checker/system/transition_system.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace cowcheck {

class Engine;
class Team;
struct Asked;
struct Findings;

// When an exploration has come to rest for a moment: nothing is under way, and save() works.
struct Rests {
    std::function<bool()> due;    // asked a few times a second
    std::function<void()> taken;  // the exploration rests; before it stops for a limit, too
};

class Explorer {
public:
    // `program` must outlive the explorer. Throws std::invalid_argument if its
    // states are too large to pack, std::bad_alloc if memory runs out.
    Explorer(const Program& program, ExploreOptions options);
    ~Explorer();
    Explorer(const Explorer&) = delete;
    Explorer& operator=(const Explorer&) = delete;

    // Explores the next level: one operation more. Level 0 is the start state.
    // Returns why it stopped early, if it did; then it can't be continued, unless from what
    // `rests` has saved.
    StopReason deepen(const Stop& stop, const Rests* rests = nullptr);

    // Between two levels, or while it rests. What is loaded, by an explorer of the same program
    // and the same options that has done nothing yet, goes on from there, with the same results;
    // it may have other threads, but has as many partitions. Not in worlds with references from
    // outside.
    void save(ByteSink& sink) const;
    void load(ByteSource& source);

    // The program trusts counts (Program::trusts_counts) that are not sound. What this
    // exploration has found in its last level is worth nothing, and it can't be continued.
    [[nodiscard]] bool misled() const { return misled_; }

    // ExploreOptions::until_decided are: it has ended in the middle of a level.
    [[nodiscard]] bool decided() const { return decided_; }

    // Operations explored completely, or -1 before the first deepen().
    [[nodiscard]] int depth() const { return depth_; }
    // No level will bring a new state: what was found holds at any depth.
    [[nodiscard]] bool exhausted() const { return exhausted_; }

    [[nodiscard]] std::uint64_t states() const;
    [[nodiscard]] std::uint64_t transitions() const;
    [[nodiscard]] std::size_t bytes() const;
    // As of the last look at the limits. Other threads may ask for it at any time.
    [[nodiscard]] Progress progress() const;

    // In order of discovery; complete for all levels explored and, if decided(), for until_decided.
    [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }
    // Bits of the `sometimes` properties that were seen to hold somewhere.
    [[nodiscard]] std::uint32_t reached() const { return reached_; }
    // Where that was first, one for each of them, in the words of a violation.
    [[nodiscard]] const std::vector<Violation>& reached_at() const { return reached_at_; }
    // Some step waited for a free frame, or some operation did not start for want of one: a
    // larger world may have more to tell.
    [[nodiscard]] bool waited_for_frame() const { return waited_for_frame_; }

    // Throws LostSchedule if what was stored leads nowhere: then this exploration is wrong.
    [[nodiscard]] FoundSchedule schedule(const Violation& violation) const;
    [[nodiscard]] std::vector<Action> trace(const Violation& violation) const {
        return schedule(violation).actions;
    }

    // In worlds with references from outside; else nullptr. One thread at a time.
    [[nodiscard]] Outside* outside() const { return system_.outside(); }

    [[nodiscard]] const Program& program() const { return system_.program(); }
    [[nodiscard]] const ExploreOptions& options() const { return options_; }

    // The states are kept in so many parts.
    [[nodiscard]] unsigned partitions() const;
    // Calls `visit` for every state of one of them, with the number of operations that lead to
    // it. Not while deepen() runs.
    void for_each_state(unsigned partition,
                        const std::function<void(const State&, unsigned)>& visit) const;

private:
    void begin_level();
    void run_rounds(const Stop& stop, const Rests* rests);
    void rest(Team& team, const Rests& rests);
    [[nodiscard]] bool next_round();
    [[nodiscard]] bool is_decided() const;
    [[nodiscard]] StopReason why_stop(const Stop& stop) const;
    void count_in();
    void note(const Violation& violation);
    void collect(Findings& findings);
    void publish();

    TransitionSystem system_;
    ExploreOptions options_;
    std::vector<std::unique_ptr<Partition>> partitions_;
    std::unique_ptr<Engine> engine_;
    int depth_ = -1;
    bool in_level_ = false;  // the next one is under way
    std::uint64_t states_before_level_ = 0;
    bool exhausted_ = false;
    bool misled_ = false;
    bool decided_ = false;
    bool waited_for_frame_ = false;
    std::uint32_t reached_ = 0;
    std::vector<Violation> reached_at_;
    std::vector<Violation> violations_;
    std::vector<std::optional<Violation>> found_;  // by property, of the level under way
    std::atomic<unsigned> stopped_{0};             // a StopReason
    std::uint64_t counted_states_ = 0;             // in options_.usage
    std::size_t counted_bytes_ = 0;
    mutable std::mutex progress_mutex_;
    Progress progress_;
};

}  // namespace cowcheck
