// Random schedules of a program, each instruction of which is looked at.
#pragma once

#include "tests/support/effects/entries.h"
#include "tests/support/effects/search.h"

#include <memory>
#include <vector>

namespace cowcheck::test {

class Walks {
public:
    // Both must outlive it.
    Walks(SeenEffects& all, Dice& dice) : all_(all), dice_(dice) {}

    // Looks at what instructions do on random schedules of a program.
    void walk(const Program& program, unsigned actions);

    // And at instructions that are made up, from states of the last `programs` of those: of each
    // code as long as something new is seen, and twice as long again.
    void make_up(std::size_t programs);
    // As often again, what this entry of a table says.
    void make_up_more(std::size_t programs, const EffectTable& table, const TableEntry& entry);

private:
    void make_up(std::size_t programs, Code code, unsigned at_least, unsigned at_most);

    struct Walked {
        Walked(const Program& of, Dice& dice, SeenEffects& all)
            : program(of), search(program, dice, all) {}
        Program program;
        Search search;
        std::vector<State> states;
    };

    SeenEffects& all_;
    Dice& dice_;
    std::vector<std::unique_ptr<Walked>> walked_;
};

}  // namespace cowcheck::test
