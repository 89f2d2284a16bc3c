// How the states that wait are expanded, and how what they lead to gets into the partitions. To
// add an engine: a folder in engines/, and a line in engines/engines.cpp.
#pragma once

#include "checker/explore/findings.h"
#include "checker/explore/partition.h"
#include "checker/explore/team.h"
#include "checker/system/transition_system.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace cowcheck {

using Partitions = std::span<const std::unique_ptr<Partition>>;

// Virtual calls are once a step, which is thousands of states.
class Engine {
public:
    Engine() = default;
    virtual ~Engine() = default;
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // Expands some of the states that wait in the round, on up to so many threads of the team.
    // False: none are left, and all that they lead to is in the partitions. Throws what a thread
    // has thrown, when all are done.
    [[nodiscard]] virtual bool run_step(Team& team, unsigned threads) = 0;
    // Gets all that was taken from the queues into the partitions, and takes nothing more: after
    // it the partitions are all there is. Throws what a thread has thrown.
    virtual void drain(Team& team, unsigned threads) = 0;
    // Beside the partitions.
    [[nodiscard]] virtual std::size_t bytes() const = 0;
    // What each thread has seen; they live as long as the engine.
    [[nodiscard]] const std::vector<Findings*>& findings() const { return findings_; }

protected:
    std::vector<Findings*> findings_;
};

struct EngineKind {
    std::string_view name;
    bool (*fits)(const TransitionSystem& system);
    // How many partitions so many threads get; the number of threads that can be used.
    unsigned (*partitions)(unsigned threads);
    unsigned (*threads)(const TransitionSystem& system, unsigned wanted);
    std::unique_ptr<Engine> (*make)(const TransitionSystem& system, Partitions partitions,
                                    unsigned threads);
};

// The first in the table that fits the system.
[[nodiscard]] const EngineKind& engine_for(const TransitionSystem& system);

}  // namespace cowcheck
