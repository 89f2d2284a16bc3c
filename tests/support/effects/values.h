// Values at dice, of registers and of what is in a state.
#pragma once

#include "tests/support/effects/dice.h"
#include "tests/support/effects/places.h"

#include <cstdint>

namespace cowcheck::test {

// A page, a process, a virtual page or a pin that is named is a certain one every other time: most
// instructions do much only where names agree.
class Values {
public:
    // Both must outlive it.
    Values(const Program& program, Dice& dice) : program_(program), dice_(dice) {}

    // Others are those from now on.
    void favour_others();

    // A value that a world of this size can have there.
    [[nodiscard]] unsigned of_place(const Bits& bits, unsigned now);
    // A page 'p', an mm 'm', a va 'v', an entry of a page table 'e', the index of a PTE 'i', a
    // cpu 'c', a pin 'n', a truth 't'.
    [[nodiscard]] std::uint16_t of_kind(char kind);

    // Makes a THP of the page that is named most and another one.
    void join_pages(State& state);

private:
    [[nodiscard]] unsigned one_of(unsigned count, unsigned favourite);
    [[nodiscard]] unsigned page() { return one_of(program_.layout.size(Scope::page), page_); }
    [[nodiscard]] unsigned mm() { return one_of(program_.layout.mms, mm_); }
    [[nodiscard]] unsigned va() { return one_of(program_.layout.pages, va_); }
    [[nodiscard]] unsigned pin() { return one_of(program_.layout.size(Scope::pin), pin_); }
    [[nodiscard]] unsigned entry(unsigned now);

    const Program& program_;
    Dice& dice_;
    unsigned page_ = 0;
    unsigned mm_ = 0;
    unsigned va_ = 0;
    unsigned pin_ = 0;
};

}  // namespace cowcheck::test
