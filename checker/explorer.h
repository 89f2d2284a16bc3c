// Explores every schedule of a program up to a number of operations, level by
// level, and keeps the shortest violation of every property.
#pragma once

#include "checker/canonical.h"
#include "checker/packing.h"
#include "checker/visited_set.h"
#include "model/machine/actions.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace cowcheck {

class SpareThreads;

// What several explorations take, as of the last look of each at its limits.
struct Usage {
    std::atomic<std::uint64_t> states{0};  // of those that are over, too
    std::atomic<std::size_t> bytes{0};     // of those that live
};

struct ExploreOptions {
    unsigned concurrency = 2;  // operations in flight at once; 0 is no bound
    unsigned threads = 1;      // at most; results are the same for any number
    bool symmetry = true;      // store one state for all that differ in names only
    // Of one question to the solver, in worlds with references from outside; 0: no answers.
    std::chrono::milliseconds solver_timeout{10000};
    // Where it is counted in, if the limits are for several; must outlive the explorer.
    Usage* usage = nullptr;
    // Where all threads but one come from; nullptr: it has as many as it may have. Must outlive
    // the explorer.
    SpareThreads* spare = nullptr;
    // Properties, as bits by number. Once each of them is violated or, if it must be reached,
    // reached, the exploration ends: what comes later in its level could only be longer.
    // None: it does not.
    std::uint32_t until_decided = 0;
};

// When to stop before the bound is reached. Looked at a few times a second, by any number
// of explorations at once.
struct Stop {
    std::atomic<bool> requested{false};  // an interrupt
    // Of all explorations that have the same Usage, or of one without.
    std::atomic<std::uint64_t> max_states = UINT64_MAX;
    std::atomic<std::size_t> max_bytes = SIZE_MAX;
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

enum class StopReason : std::uint8_t { none, interrupt, states, memory, time, solver };

// Where a property is violated first: fewest operations, then fewest transitions.
// A transition joins steps that nobody can see between; without reduction it is
// one step.
struct Violation {
    unsigned property = 0;  // 31: an assertion of the design
    unsigned operations = 0;
    unsigned transitions = 0;
    // The canonical state that is bad, or, if the last action is, the one before it.
    PackedState state;
    unsigned state_operations = 0;  // when it was reached
    unsigned state_transitions = 0;
    std::optional<Action> action;
};

// How far an exploration has come; a value for whoever reports it.
struct Progress {
    unsigned depth = 0;  // the level that is being explored
    std::uint64_t states = 0;
    std::uint64_t transitions = 0;
    std::size_t bytes = 0;
    std::uint64_t expanded = 0;  // states of this level's rounds that are done
    std::uint64_t frontier = 0;  // states of the previous level, which start operations
    std::uint64_t frontier_done = 0;
};

class Expander;
class Partition;
class PlainExpander;
class Team;
struct Asked;
struct Findings;
struct Outside;

// A schedule that ends in a violation, and what it takes from outside.
struct FoundSchedule {
    // On concrete threads, pins and frames of the start state, one for each atomic step.
    std::vector<Action> actions;
    // How many references there are; the smallest numbers that do it.
    std::array<std::uint16_t, Limits::outside_numbers> numbers{};
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
    // Returns why it stopped early, if it did; then it can't be continued.
    StopReason deepen(const Stop& stop);

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
    [[nodiscard]] Outside* outside() const { return outside_.get(); }

    [[nodiscard]] const Program& program() const { return p_; }
    [[nodiscard]] const ExploreOptions& options() const { return options_; }

    // The states are kept in so many parts.
    [[nodiscard]] unsigned partitions() const;
    // Calls `visit` for every state of one of them, with the number of operations that lead to
    // it. Not while deepen() runs.
    void for_each_state(unsigned partition,
                        const std::function<void(const State&, unsigned)>& visit) const;

    // A level's states that were reached by so many transitions, in the order of discovery.
    struct Range {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
    };

private:
    friend class Expander;
    friend class Partition;
    friend class PlainExpander;
    struct Pipeline;
    struct Mail;

    // Of one level and partition: the states reached by s transitions, for every s.
    using Layers = std::vector<Range>;

    [[nodiscard]] unsigned owner_of(const PackedState& packed) const;
    void run_rounds(const Stop& stop);
    [[nodiscard]] bool run_step(Team& team, unsigned threads);
    [[nodiscard]] bool run_plain_step(Team& team, unsigned threads);
    template <class Visit>
    void for_each_findings(Visit&& visit) const;
    [[nodiscard]] bool next_round();
    [[nodiscard]] bool is_decided() const;
    [[nodiscard]] StopReason why_stop(const Stop& stop) const;
    void count_in();
    void note(const Violation& violation);
    void collect(Findings& findings);
    void publish();
    [[nodiscard]] std::optional<Violation> predecessor(const Violation& target) const;
    void add_numbers(const State& last, const std::vector<std::vector<Asked>>& asked,
                     FoundSchedule& found) const;
    void search_layer(const Violation& target, unsigned operations, unsigned transitions,
                      bool starts, std::optional<Violation>& best) const;

    const Program& p_;
    ExploreOptions options_;
    Packing packing_;
    Canonical canonical_;
    std::unique_ptr<Outside> outside_;
    std::vector<std::unique_ptr<Partition>> partitions_;
    // One of these for each thread or, without symmetry, of those for each partition.
    std::vector<std::unique_ptr<Expander>> expanders_;
    std::vector<std::unique_ptr<PlainExpander>> plain_expanders_;
    std::unique_ptr<Pipeline> pipeline_;
    std::unique_ptr<Mail> mail_;
    int depth_ = -1;
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
