// Looks for what instructions do: runs them from states of a program and from states that differ.
#pragma once

#include "tests/support/effects/run_alone.h"
#include "tests/support/effects/seen.h"
#include "tests/support/effects/values.h"

#include <optional>
#include <utility>
#include <vector>

namespace cowcheck::test {

class Search {
public:
    // All of them must outlive it.
    Search(const Program& program, Dice& dice, SeenEffects& all);

    [[nodiscard]] const Places& places() const { return places_; }

    // From a state that is like the instance's, and from that one.
    void try_out(const Instance& instance);
    // From a state that is like this one, with operands that are made up; or with these. From
    // which, if something new was seen.
    std::optional<Instance> try_any(Code code, const State& state);
    std::optional<Instance> try_like(const Instance& instance);
    // From now on these fields are changed alone as well; none: no longer.
    void look_for(FieldSet fields) { wanted_ = fields; }

private:
    // A state on the way to another, and what comes of it.
    struct Point {
        Instance instance;
        Outcome outcome;
    };

    void look_at(const Instruction& instruction);
    [[nodiscard]] Instance like(const Instance& instance, unsigned of);
    [[nodiscard]] bool does_something(const Instance& instance) const;
    void from(const Instance& instance, bool real);
    // Of `of` places one, at dice, and one at least.
    template <class Visit>
    void each_of_some(const std::vector<Bits>& places, unsigned of, Visit&& visit) {
        for (std::size_t n = 0; !places.empty() && n <= places.size() / of; ++n)
            visit(places[dice_.below(places.size())]);
    }
    void change(State& state, const Bits& bits) {
        put(state, bits, values_.of_place(bits, value_in(state, bits)));
    }
    [[nodiscard]] bool is_known(const Bits& bits, unsigned thread) const;
    [[nodiscard]] std::vector<Bits> change_some(Instance& other, const std::vector<Bits>& places,
                                                unsigned of);
    void find_reads(const Point& first, Instance other, std::vector<Bits> way);
    [[nodiscard]] std::optional<Point> at(const Instance& instance);
    void note(const Point& point, bool real);
    [[nodiscard]] static bool is_same(const Point& one, const Point& other,
                                      const std::vector<Bits>& but);
    void compare(const Point& one, const Point& other, const Bits& bits);
    void note_wait(const Outcome& one, const Outcome& other, const Bits& bits);
    void other_register(const Point& first, std::uint8_t operand);

    const Program& program_;
    Places places_;
    Dice& dice_;
    Values values_;
    SeenEffects& all_;
    RunAlone run_;
    Seen* seen_ = nullptr;
    FieldSet wanted_ = 0;
};

}  // namespace cowcheck::test
