// Where a program is: the machine, what its pages hold, what has been seen, who does what.
#pragma once

#include "checker/measure/program_run.h"

namespace cowcheck {

struct ProgramPoint {
    static constexpr std::uint8_t nobody = 0xff;     // no operation
    static constexpr std::uint8_t meanwhile = 0xfe;  // one that runs beside the program

    State state;
    std::uint32_t started = 0;  // actions (bits)
    std::uint32_t ended = 0;
    std::array<std::uint8_t, Limits::all_frames> holds{};  // values, by frame
    SeenAll seen{};
    std::array<std::uint8_t, Limits::threads> runs{};   // by thread: an action
    std::array<std::uint8_t, Limits::pins> taken_by{};  // by pin: the action of its GUP
    std::array<std::uint8_t, Limits::processes> events{};
    std::array<std::uint8_t, Limits::processes> copies{};
    std::array<std::uint8_t, 8> begun{};  // of what runs meanwhile and is bounded
};

// What a move does besides making a new point.
struct MoveResult {
    bool possible = false;
    bool own = true;  // of the program, not of what runs meanwhile
    std::uint32_t violated = 0;
};

// The rules of the game, on a plan.
class ProgramGame {
public:
    explicit ProgramGame(const ProgramPlan& plan) : plan_(plan), p_(plan.program) {}

    [[nodiscard]] ProgramPoint start() const;

    // Takes a machine's action as part of the planned action `number` (or of what runs
    // meanwhile), if it is possible.
    MoveResult take(ProgramPoint& point, const ProgramMove& move) const;

    // Calls visit(move) for all that could come next, blocked or not.
    template <class Visit>
    void for_each_move(const ProgramPoint& point, Visit&& visit) const;

    [[nodiscard]] bool is_over(const ProgramPoint& point) const { return point.ended == all(); }
    // That are planned.
    [[nodiscard]] std::uint32_t all() const {
        return static_cast<std::uint32_t>((1ULL << plan_.actions.size()) - 1);
    }
    // May start, as far as the program's order goes.
    [[nodiscard]] bool is_ready(const ProgramPoint& point, std::size_t number) const {
        const PlannedAction& action = plan_.actions[number];
        return (point.started >> number & 1U) == 0 && (action.after & ~point.ended) == 0;
    }
    // What is seen if nothing moves any more.
    [[nodiscard]] SeenAll seen_at_end(const ProgramPoint& point) const;

private:
    [[nodiscard]] bool is_start_of(const ProgramPoint& point, const Action& action,
                                   std::size_t number) const;
    [[nodiscard]] bool can_fault(const ProgramPoint& point, std::size_t number) const;
    [[nodiscard]] bool device_faults(const ProgramPoint& point, std::size_t number) const;
    [[nodiscard]] bool gups_are_over(const ProgramPoint& point, const PlannedAction& action) const;
    void see(ProgramPoint& point, std::size_t number, std::uint8_t what) const;
    void look(ProgramPoint& point, std::size_t number) const;
    [[nodiscard]] std::uint8_t look_at_memory(const ProgramPoint& point,
                                              const PlannedAction& action) const;
    void end(ProgramPoint& point, std::size_t number) const;
    MoveResult step(ProgramPoint& point, const ProgramMove& move) const;

    const ProgramPlan& plan_;
    const Program& p_;
};

template <class Visit>
void ProgramGame::for_each_move(const ProgramPoint& point, Visit&& visit) const {
    using Kind = ProgramMove::Kind;
    for_each_step(p_, point.state, [&](const Action& action) {
        visit(ProgramMove{Kind::step, point.runs[action.thread], action});
    });
    for_each_start(p_, point.state, false, [&](const Action& action) {
        for (std::size_t i = 0; i < plan_.meanwhile.size(); ++i) {
            const PlannedMeanwhile& one = plan_.meanwhile[i];
            if (action.kind == Action::Kind::start && action.operation == one.operation &&
                (one.at_most == 0 || point.begun[i] < one.at_most))
                visit(ProgramMove{Kind::step, ProgramPoint::meanwhile, action});
        }
        for (std::size_t i = 0; i < plan_.actions.size(); ++i)
            if (is_ready(point, i) && is_start_of(point, action, i))
                visit(ProgramMove{Kind::step, static_cast<std::uint8_t>(i), action});
    });
    for (std::size_t i = 0; i < plan_.actions.size(); ++i) {
        if (!is_ready(point, i)) continue;
        const PlannedAction& action = plan_.actions[i];
        const auto number = static_cast<std::uint8_t>(i);
        if (action.kind == ProgramStep::Kind::look ||
            (action.kind == ProgramStep::Kind::wait_event && point.events[action.mm] > 0))
            visit(ProgramMove{Kind::look, number, {}});
        else if (action.kind == ProgramStep::Kind::operation && can_fault(point, i))
            visit(ProgramMove{Kind::fault, number, {}});
    }
}

}  // namespace cowcheck
