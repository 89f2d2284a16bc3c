#include "traces/shorten.h"

#include "model/machine/expand.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace cowcheck {

namespace {

constexpr std::uint8_t nobody = 0xff;

struct Node {
    State state;
    std::uint32_t used = 0;      // operations of the schedule that have started
    std::uint8_t last = nobody;  // who took the last step
    std::uint16_t switches = 0;  // changes of who steps, so far
    std::uint32_t parent = 0;
    Action action;
};

struct Key {
    State state;
    std::uint32_t used = 0;
    std::uint8_t last = nobody;
    friend bool operator==(const Key&, const Key&) = default;
};

struct KeyHash {
    std::size_t operator()(const Key& key) const {
        const std::string_view bytes(reinterpret_cast<const char*>(key.state.words.data()),
                                     sizeof key.state.words);
        return std::hash<std::string_view>{}(bytes) ^
               (std::size_t{key.used} * 0x9E3779B97F4A7C15U) ^ (std::size_t{key.last} << 56U);
    }
};

class Search {
public:
    Search(const Program& program, std::span<const Action> schedule, unsigned property,
           const ShortenLimits& limits)
        : p_(program), property_(property), limits_(limits) {
        for (const Action& action : schedule)
            if (action.kind != Action::Kind::step) operations_.push_back(action);
    }

    // Nothing if there is no such schedule within the limit.
    std::vector<Action> run() {
        if (operations_.size() > 32) return {};
        nodes_.push_back({p_.start, 0, nobody, 0, 0, {}});
        known_.emplace(Key{p_.start, 0, nobody}, 0);
        std::uint32_t begin = 0;
        while (begin < nodes_.size() && nodes_.size() <= limits_.max_nodes) {
            const auto end = static_cast<std::uint32_t>(nodes_.size());
            layer_ = end;
            for (std::uint32_t i = begin; i < end; ++i) expand(i);
            if (best_) return path();
            begin = end;
        }
        return {};
    }

private:
    void expand(std::uint32_t from) {
        const State state = nodes_[from].state;
        const std::uint32_t used = nodes_[from].used;
        const auto take = [&](const Action& action, std::uint32_t now_used) {
            State next = state;
            const StepResult result = perform(p_, next, action);
            if (result.blocked != Blocked::no) return;
            if (limits_.concurrency != 0 && in_flight(p_, next) > limits_.concurrency) return;
            reach(from, action, next, now_used, result.violated);
        };
        for_each_step(p_, state, [&](const Action& action) {
            for_each_transient(p_, action, [&](const Action& meeting) { take(meeting, used); });
        });
        for_each_start(p_, state, false, [&](const Action& action) {
            for (std::size_t i = 0; i < operations_.size(); ++i)
                if (((used >> i) & 1U) == 0 && same_operation(operations_[i], action)) {
                    for_each_transient(p_, action, [&](const Action& meeting) {
                        take(meeting, used | (1U << i));
                    });
                    return;
                }
        });
    }

    // A pin may get another slot when its GUP starts earlier or later.
    static bool same_operation(const Action& a, const Action& b) {
        return a.kind == b.kind && a.thread == b.thread && a.mm == b.mm && a.va == b.va &&
               a.operation == b.operation;
    }

    void reach(std::uint32_t from, const Action& action, const State& next, std::uint32_t used,
               std::uint32_t violated) {
        const std::uint8_t who = action.kind == Action::Kind::device
                                     ? static_cast<std::uint8_t>(nobody - 1)
                                     : action.thread;
        const Node& before = nodes_[from];
        const bool switched = before.last != nobody && before.last != who;
        Node node{next, used,  who, static_cast<std::uint16_t>(before.switches + switched),
                  from, action};
        const auto [place, fresh] =
            known_.try_emplace(Key{next, used, who}, static_cast<std::uint32_t>(nodes_.size()));
        if (is_bad(next, violated)) {
            if (!best_ || node.switches < best_->switches) best_ = node;
        }
        if (fresh) {
            nodes_.push_back(node);
            return;
        }
        // Reached again by as many steps: keep the way with fewer switches.
        Node& other = nodes_[place->second];
        if (place->second >= layer_ && other.switches > node.switches) other = node;
    }

    bool is_bad(const State& state, std::uint32_t violated) const {
        if (((violated >> property_) & 1U) != 0) return true;
        State copy = state;
        const std::uint32_t now = Machine<>(p_, copy).check_state(how_stuck(p_, state));
        return ((now >> property_) & 1U) != 0;
    }

    std::vector<Action> path() const {
        std::vector<Action> actions{best_->action};
        for (std::uint32_t i = best_->parent; i != 0; i = nodes_[i].parent)
            actions.push_back(nodes_[i].action);
        std::reverse(actions.begin(), actions.end());
        return actions;
    }

    const Program& p_;
    unsigned property_;
    ShortenLimits limits_;
    std::vector<Action> operations_;
    std::vector<Node> nodes_;
    std::uint32_t layer_ = 0;  // where the layer that is being filled begins
    std::unordered_map<Key, std::uint32_t, KeyHash> known_;
    std::optional<Node> best_;
};

}  // namespace

std::vector<Action> shorten(const Program& program, std::span<const Action> schedule,
                            unsigned property, const ShortenLimits& limits) {
    std::vector<Action> shorter = Search(program, schedule, property, limits).run();
    if (shorter.empty()) return {schedule.begin(), schedule.end()};
    return shorter;
}

}  // namespace cowcheck
