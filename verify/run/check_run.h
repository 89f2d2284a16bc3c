// One design in one world, explored level by level.
#pragma once

#include "checker/explore/explorer.h"
#include "model/library.h"
#include "verify/run/bounds.h"
#include "verify/run/results.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace cowcheck {

// Once a property is violated, nothing more is asked about it, and the ghosts that only it
// reads are not kept any more: the levels so far are explored once more without them, and the
// later ones are smaller. Once nothing is open, it ends, in the middle of a level.
//
// What is explored trusts that the design counts its references right (CompileOptions), so that
// designs which differ only in what they would do with pages that nobody has any more are one.
// Where that turns out to be wrong, it is explored once more, as the text says, and alone.
//
// Nothing is said to be violated, or reached, whose schedule does not do what it should on the
// machine without any of that: it is a fault of cowcheck then, and no verdict. The same holds for
// all that is still open where an exploration contradicts itself.
class CheckRun {
public:
    // Compiles it; throws BadInput if that can't be done for the world.
    // Assertions of the design itself always count. Without `assertions`, nobody has asked for
    // them: once all that was asked for is known and something of it is violated, the run ends,
    // and they may stay open. What it explores is counted in `usage`. Properties and usage must
    // outlive the run.
    CheckRun(DesignText design, const PropertySet& properties, bool assertions, const World& world,
             const RunOptions& options, Usage* usage = nullptr);

    // If `other`, a run in the same world with the same properties and options, has the same
    // program, they share its exploration from now on: what is done with one of them is done with
    // both. Returns whether they do.
    bool share(const CheckRun& other);
    // Whether they still do: neither has turned out to count its references wrongly.
    [[nodiscard]] bool shares(const CheckRun& other) const { return explored_ == other.explored_; }
    // It has, and what is found holds for this design only, not for others with its program.
    [[nodiscard]] bool stands_alone() const { return stands_alone_; }
    // While a level is explored, each time that it rests (Explorer::deepen).
    void set_rests(Rests rests) { rests_ = std::move(rests); }
    // Whether save() works, and load() would go on from it: not in worlds with references from
    // outside, nor once a run stands alone.
    [[nodiscard]] bool can_be_saved() const;
    // Of one of those that share, for one of those that would share it, right after begin().
    void save(ByteSink& sink) const;
    void load(ByteSource& source);
    // For the others that share, when one of them was loaded.
    void catch_up() { level_ = explored_->open->explorer.depth(); }

    // Before all that follows, for one of those that share: so many threads will explore, or up
    // to so many, all but one of which come from `spare`, which must outlive the run.
    // Throws BadInput if the states are too large to store.
    void begin(unsigned threads, SpareThreads* spare = nullptr);

    // Whether the bounds permit another level, ...
    [[nodiscard]] bool can_deepen() const;
    // ... and it could tell something: some property is neither violated nor, if it must be
    // reached, reached.
    [[nodiscard]] bool wants_more() const;
    // Those that share do it once, however many of them are asked to.
    StopReason deepen(const Stop& stop);
    // Frees the states. What is known stays.
    void release();

    // Of what is still open; nullptr once released.
    [[nodiscard]] const Explorer* explorer() const {
        return explored_->open ? &explored_->open->explorer : nullptr;
    }
    [[nodiscard]] std::uint64_t states() const;
    // As Explorer says, of all that was explored for it.
    [[nodiscard]] bool waited_for_frame() const;
    // Operations after which some count is wrong, if that may be. From there on, a state is not
    // what it says, and steps need not commute any more: what is violated is, but nothing is said
    // to hold, or to be reached never.
    [[nodiscard]] std::optional<unsigned> miscounted_by() const;
    // New states of each level.
    [[nodiscard]] const std::vector<std::uint64_t>& level_states() const {
        return explored_->level_states;
    }
    [[nodiscard]] const DesignText& design() const { return design_; }
    [[nodiscard]] const World& world() const { return plain_.world; }

    // What deepen() found out; verdicts that are new are put into `fresh`.
    void conclude(RunResult& result, std::vector<std::size_t>& fresh);
    // The violation of the property in that place of the results, if there is one: it replays.
    [[nodiscard]] const Violation* violation_of(std::size_t place);
    // Why that property gets no verdict; empty if cowcheck knows of no fault.
    [[nodiscard]] std::string fault_of(std::size_t place) const;
    // Somebody else has found one.
    void set_fault(std::size_t place, std::string what);
    // Its schedule, for the program below: one action for each atomic step.
    [[nodiscard]] FoundSchedule schedule(const Violation& violation);
    // That program with the numbers of references from outside that the schedule has.
    [[nodiscard]] Program program_with(const FoundSchedule& found) const;
    // The program with every step on its own, which traces are told in, ...
    [[nodiscard]] const Program& program() const { return plain_; }
    // ... and the one that is explored, until it is released.
    [[nodiscard]] const Program& explored() const { return explored_->open->program; }

private:
    struct Exploration {
        Exploration(Program explored, const ExploreOptions& options, std::uint32_t without);

        Program program;  // steps joined
        // Properties, as bits by number, that it asks nothing about.
        std::uint32_t left_out;
        Explorer explorer;
    };

    struct Explored {
        std::vector<std::unique_ptr<Exploration>> decided;  // violations that were found before
        std::unique_ptr<Exploration> open;
        double seconds = 0;
        std::vector<std::uint64_t> level_states;
        std::string broken;  // what is wrong with it; then it can't be continued
        // By number, as the exploration tells them.
        std::map<unsigned, FoundSchedule> schedules;
    };

    // What is explored, with every step on its own.
    [[nodiscard]] const Program& base() const { return trusting_ ? *trusting_ : plain_; }
    // A new exploration that asks nothing about those properties: as bits by number.
    [[nodiscard]] std::unique_ptr<Exploration> explore(std::uint32_t left_out) const;
    [[nodiscard]] std::unique_ptr<Exploration> explore(Program program, std::uint32_t left_out,
                                                       std::uint32_t until_decided,
                                                       unsigned partitions) const;
    [[nodiscard]] Program base_without(std::uint32_t left_out) const;
    [[nodiscard]] std::unique_ptr<Exploration> load_exploration(ByteSource& source) const;
    StopReason explore_level(const Stop& stop);
    StopReason stand_alone(const Stop& stop);
    [[nodiscard]] std::uint32_t violated() const;
    [[nodiscard]] std::uint32_t undecided() const;
    StopReason leave_out_decided(const Stop& stop);
    [[nodiscard]] PropertyInfo assertions() const;
    [[nodiscard]] PropertyInfo counting() const;
    [[nodiscard]] const Violation* violation_of_number(unsigned number) const;
    [[nodiscard]] const Violation* reached_at(unsigned number) const;
    [[nodiscard]] Verdict verdict_of(const PropertyInfo& property, unsigned number) const;
    [[nodiscard]] unsigned number_of(std::size_t place) const;
    [[nodiscard]] bool waits_for_assertions() const;
    [[nodiscard]] const FoundSchedule& found_schedule(const Violation& violation);
    [[nodiscard]] FoundSchedule retold(const Violation& violation);
    void verify(const Violation& violation);
    void doubt(const Violation& violation, std::string what);

    DesignText design_;
    const PropertySet& properties_;
    RunOptions options_;
    Usage* usage_;
    unsigned threads_ = 1;
    SpareThreads* spare_ = nullptr;
    Program plain_;
    std::optional<Program> trusting_;
    std::optional<Rests> rests_;
    std::optional<std::chrono::steady_clock::time_point> level_begin_;  // of one under way
    int level_ = -1;  // as far as this run was deepened
    bool stands_alone_ = false;
    std::shared_ptr<Explored> explored_;
    std::shared_ptr<Explored> misled_;  // somebody may be watching it until deepen() returns
    bool has_assertions_;
    bool asks_for_assertions_;
    std::set<unsigned> unfounded_;            // numbers of those that stay open, see doubt()
    std::set<unsigned> verified_;             // numbers of properties whose schedule replays
    std::map<unsigned, std::string> faults_;  // why a property gets no verdict, by its number
};

}  // namespace cowcheck
