#include "checker/symbolic/branches.h"

#include <algorithm>

namespace cowcheck {

namespace {

KnownNumbers known_numbers(const OutsideNumbers& numbers, unsigned transient) {
    KnownNumbers known;
    known.numbers[0] = static_cast<std::uint16_t>(transient);
    std::copy(numbers.begin(), numbers.end(), known.numbers.begin() + 1);
    return known;
}

// Goes the way that known numbers go, and notes what the answers say about all others.
struct Follower {
    Constraints& constraints;
    KnownNumbers known;
    Constraints::Id id = Constraints::start;

    bool decide(const CountTerm& term, Relation relation) {
        const bool yes = known.decide(term, relation);
        const Constraints::Split split = constraints.split(id, term, relation);
        id = yes ? split.yes : split.no;
        return yes;
    }
    void next_step() { id = constraints.close(id); }
    void undo_step() const {}
};

}  // namespace

std::uint8_t transient_of(const std::vector<Asked>& asked, unsigned step,
                          const OutsideNumbers& numbers, unsigned most) {
    for (unsigned n = 0; n <= most; ++n) {
        const KnownNumbers known = known_numbers(numbers, n);
        if (std::all_of(asked.begin(), asked.end(), [&](const Asked& one) {
                return one.step != step || known.decide(one.term, one.relation) == one.yes;
            }))
            return static_cast<std::uint8_t>(n);
    }
    return 0;
}

std::string needed_numbers(const Program& program, std::span<const Action> schedule,
                           std::chrono::milliseconds timeout) {
    Program open = program;
    open.outside_fixed = false;
    Constraints constraints(open, timeout);
    Follower follower{constraints, {}, Constraints::start};
    State state = open.start;
    for (const Action& action : schedule) {
        follower.known = known_numbers(program.outside_numbers, action.transient);
        if (perform(open, state, action, WithOutside<NoObserver, Follower>({}, &follower))
                .blocked != Blocked::no)
            return {};
        follower.next_step();
    }
    if (follower.id == Constraints::none) return {};
    return constraints.in_words(follower.id);
}

}  // namespace cowcheck
