// Every order of the same operations' steps: what shortening a schedule asks, and whether any
// order of what remains violates a property.
#pragma once

#include "model/machine/schedule_tree.h"

#include <functional>
#include <span>
#include <vector>

namespace cowcheck {

// An operation of a schedule, as it is known again in another order. A pin may get another slot
// when its GUP starts earlier or later; what the device does then goes to the pin that was taken
// in the same way: for the same page, with the same flags.
struct ScheduledOperation {
    struct Pin {
        unsigned mm = 0;
        unsigned va = 0;
        bool write = false;
        bool foll_pin = false;
        bool longterm = false;
        friend bool operator==(const Pin&, const Pin&) = default;
    };
    Action action;
    Pin pin;  // of a device's operation: through which
};

// Of a schedule that is possible on the program, in the order in which they start.
[[nodiscard]] std::vector<ScheduledOperation> operations_of(const Program& program,
                                                            std::span<const Action> schedule);

// Whether the action, which is possible in the state, starts this operation.
[[nodiscard]] bool starts(const Program& program, const State& state, const Action& action,
                          const ScheduledOperation& operation);

// Whether the property (its number; 31: an assertion) is violated by events, or in the state.
[[nodiscard]] bool violates(const Program& program, const State& state, unsigned property,
                            std::uint32_t by_event);

struct OrderLimits {
    unsigned concurrency = 0;        // operations in flight at once; 0 is no bound
    std::size_t max_states = 0;      // looked at before giving up
    bool tells_actors_apart = true;  // the same state after different threads' steps is not one
};

class OrderSearch {
public:
    static constexpr std::size_t most_operations = 32;

    // A step: where from, what, and where to.
    struct Step {
        std::uint32_t from = 0;
        Action action;
        const State& state;
        std::uint32_t violated = 0;  // by events
        unsigned switches = 0;       // changes of who steps, from the start on
    };

    // On a program whose steps are not joined. At most `most_operations` of them.
    OrderSearch(const Program& program, std::vector<ScheduledOperation> operations,
                const State& from, const OrderLimits& limits);

    // All steps from the states that one step more has led to than the layer before. False when
    // there is nothing left, or too much was seen.
    bool next_layer(const std::function<void(const Step&)>& each);

    // Everything was looked at.
    [[nodiscard]] bool is_exhausted() const { return begin_ == tree_.size(); }
    [[nodiscard]] std::vector<Action> path(const Step& last) const {
        return tree_.path(last.from, &last.action);
    }

private:
    static constexpr std::uint8_t nobody = 0xff;
    static constexpr std::uint8_t device = 0xfe;

    struct Point {
        State state;
        std::uint32_t used = 0;      // bits: operations that have started
        std::uint8_t last = nobody;  // who took the last step
        friend bool operator==(const Point&, const Point&) = default;
    };
    struct HashPoint {
        std::size_t operator()(const Point& point) const {
            return hash_of(point.state) ^ (std::size_t{point.used} * 0x9E3779B97F4A7C15U) ^
                   (std::size_t{point.last} << 56U);
        }
    };

    void expand(std::uint32_t from, const std::function<void(const Step&)>& each);
    void take(std::uint32_t from, const Action& action, std::uint32_t used,
              const std::function<void(const Step&)>& each);

    const Program& p_;
    std::vector<ScheduledOperation> operations_;
    OrderLimits limits_;
    ScheduleTree<Point, HashPoint> tree_;
    std::vector<std::uint16_t> switches_;  // parallel to the tree
    std::vector<std::uint8_t> last_;       // likewise: who took the last step
    std::uint32_t begin_ = 0;              // of the layer that is next
    std::uint32_t end_ = 1;
};

}  // namespace cowcheck
