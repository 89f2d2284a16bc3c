#include "checker/explore/engines/symmetric/pipeline.h"

#include "checker/explore/engines/symmetric/expander.h"

#include <algorithm>
#include <atomic>

namespace cowcheck {

namespace {

// Blocks go through three stages at once: while a partition stores what the ones before have
// led to and cuts the next ones, all threads that have nothing else to do expand those between.
// What a thread reads was cut before, and nobody reads a set meanwhile.
class Pipeline : public Engine {
public:
    Pipeline(const TransitionSystem& system, Partitions partitions, unsigned threads)
        : partitions_(partitions), cut_(partitions.size(), Blocks(partitions.size())),
          expanded_(cut_), stored_(cut_) {
        const Owners owners{system.packing(), static_cast<unsigned>(partitions.size())};
        for (unsigned i = 0; i < threads; ++i) {
            expanders_.push_back(std::make_unique<Expander>(system, owners));
            findings_.push_back(&expanders_.back()->findings);
        }
    }

    [[nodiscard]] bool run_step(Team& team, unsigned threads) override;
    void drain(Team& team, unsigned threads) override;
    [[nodiscard]] std::size_t bytes() const override;

private:
    void store_and_cut(std::size_t i);

    Partitions partitions_;
    bool cuts_ = true;
    std::vector<std::unique_ptr<Expander>> expanders_;  // by thread
    // By partition.
    std::vector<Blocks> cut_;
    std::vector<Blocks> expanded_;
    std::vector<Blocks> stored_;
};

std::size_t Pipeline::bytes() const {
    std::size_t bytes = 0;
    for (const auto* stage : {&cut_, &expanded_, &stored_})
        for (const Blocks& blocks : *stage) bytes += blocks.bytes();
    return bytes;
}

void Pipeline::store_and_cut(std::size_t i) {
    constexpr std::size_t chunk = 8192;  // of a partition's states between two looks at the limits
    for (Blocks& blocks : stored_) partitions_[i]->store(blocks.all());
    if (cuts_) partitions_[i]->cut(chunk, cut_[i]);
}

// One step of all stages.
bool Pipeline::run_step(Team& team, unsigned threads) {
    std::vector<Block*> ready;
    for (Blocks& blocks : expanded_)
        for (Block& block : blocks.all()) ready.push_back(&block);
    std::size_t tasks = ready.size();
    for (Blocks& blocks : stored_) tasks += std::min(blocks.all().size(), partitions_.size() - 1);
    if (tasks < 2) threads = 1;  // to call others would take longer
    std::atomic<std::size_t> next_partition{0};
    std::atomic<std::size_t> next_block{0};
    FirstError error;
    team.run(threads, [&](unsigned thread) {
        error.watch([&] {
            for (std::size_t i = next_partition++; i < partitions_.size(); i = next_partition++)
                store_and_cut(i);
            for (std::size_t i = next_block++; i < ready.size(); i = next_block++)
                expanders_[thread]->expand(*ready[i]);
        });
    });
    error.rethrow();
    stored_.swap(expanded_);
    expanded_.swap(cut_);
    bool more = !ready.empty();
    for (std::size_t i = 0; i < partitions_.size(); ++i) {
        more = more || !expanded_[i].empty();
        cut_[i].clear();
    }
    return more;
}

void Pipeline::drain(Team& team, unsigned threads) {
    cuts_ = false;
    while (run_step(team, threads)) {}
    cuts_ = true;
}

}  // namespace

// To store takes a third of the time, so that one partition keeps up with three threads; with
// references from outside, threads would share the solver.
EngineKind symmetric_engine() {
    return {"symmetric", [](const TransitionSystem&) { return true; },
            [](unsigned threads) { return (threads + 2) / 3; },
            [](const TransitionSystem& system, unsigned wanted) {
                return system.outside() != nullptr ? 1 : wanted;
            },
            [](const TransitionSystem& system, Partitions partitions,
               unsigned threads) -> std::unique_ptr<Engine> {
                return std::make_unique<Pipeline>(system, partitions, threads);
            }};
}

}  // namespace cowcheck
