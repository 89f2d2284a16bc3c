#include "checker/explore/engines/concrete/mailboxes.h"

#include "checker/explore/engines/concrete/plain_expander.h"

#include <atomic>

namespace cowcheck {

namespace {

// By sender and receiver.
using Boxes = std::vector<std::vector<std::vector<PackedState>>>;

class Mailboxes : public Engine {
public:
    Mailboxes(const TransitionSystem& system, Partitions partitions)
        : partitions_(partitions),
          sent_(partitions.size(), std::vector<std::vector<PackedState>>(partitions.size())),
          arrived_(sent_) {
        for (const auto& partition : partitions) {
            expanders_.push_back(std::make_unique<PlainExpander>(system, *partition));
            findings_.push_back(&expanders_.back()->findings);
        }
    }

    [[nodiscard]] bool run_step(Team& team, unsigned threads) override;
    void drain(Team& team, unsigned threads) override;
    [[nodiscard]] std::size_t bytes() const override;

private:
    void expand_some(std::size_t i, std::atomic<bool>& more);

    Partitions partitions_;
    bool expands_ = true;
    std::vector<std::unique_ptr<PlainExpander>> expanders_;  // by partition
    Boxes sent_;                                             // in the step at hand
    Boxes arrived_;                                          // in the one before
};

std::size_t Mailboxes::bytes() const {
    std::size_t states = 0;
    for (const Boxes* boxes : {&sent_, &arrived_})
        for (const auto& sender : *boxes)
            for (const auto& box : sender) states += box.capacity();
    std::size_t bytes = states * sizeof(PackedState);
    for (const auto& expander : expanders_) bytes += expander->bytes();
    return bytes;
}

void Mailboxes::expand_some(std::size_t i, std::atomic<bool>& more) {
    constexpr std::size_t chunk = 8192;  // of a partition's states between two looks at the limits
    for (auto& sender : arrived_) {
        partitions_[i]->insert(sender[i]);
        sender[i].clear();
    }
    for (std::size_t left = expands_ ? chunk : 0; left > 0;) {
        const FrontierRange range = partitions_[i]->next_range(left);
        if (range.states.begin == range.states.end) break;
        left -= range.states.end - range.states.begin;
        expanders_[i]->expand(range, sent_[i]);
        more = true;
    }
}

// A partition is in one thread's hands all the time, which stores what it was sent and then
// expands some of its states.
bool Mailboxes::run_step(Team& team, unsigned threads) {
    std::atomic<std::size_t> next_partition{0};
    std::atomic<bool> more{false};
    FirstError error;
    team.run(threads, [&](unsigned) {
        error.watch([&] {
            for (std::size_t i = next_partition++; i < partitions_.size(); i = next_partition++)
                expand_some(i, more);
        });
    });
    error.rethrow();
    sent_.swap(arrived_);
    for (const auto& sender : arrived_)
        for (const auto& box : sender) more = more || !box.empty();
    return more;
}

void Mailboxes::drain(Team& team, unsigned threads) {
    expands_ = false;
    while (run_step(team, threads)) {}
    expands_ = true;
}

}  // namespace

EngineKind concrete_engine() {
    return {"concrete",
            [](const TransitionSystem& system) {
                return !system.symmetry() && system.outside() == nullptr;
            },
            [](unsigned threads) { return threads; },
            [](const TransitionSystem&, unsigned wanted) { return wanted; },
            [](const TransitionSystem& system, Partitions partitions,
               unsigned) -> std::unique_ptr<Engine> {
                return std::make_unique<Mailboxes>(system, partitions);
            }};
}

}  // namespace cowcheck
