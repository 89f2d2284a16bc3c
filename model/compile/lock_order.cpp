#include "model/compile/lock_order.h"

#include "model/compile/flow.h"
#include "model/isa/effects.h"

#include <array>

namespace cowcheck {

namespace {

// Readers and writers of a lock wait for each other: of one lock, one bit is enough.
std::uint8_t one_bit_each(unsigned locks) {
    if ((locks & Held::mmap_write) != 0)
        locks = (locks & ~unsigned{Held::mmap_write}) | Held::mmap_read;
    if ((locks & Held::vma_write) != 0)
        locks = (locks & ~unsigned{Held::vma_write}) | Held::vma_read;
    return static_cast<std::uint8_t>(locks);
}

}  // namespace

std::uint8_t waits_for(const Program& program, const Rest& rest) {
    unsigned locks = 0;
    each_of_step(program, rest,
                 [&](std::size_t at) { locks |= effects_of(program.code[at]).waits_for; });
    return one_bit_each(locks);
}

bool has_lock_cycle(const Program& program) {
    std::array<std::uint8_t, 8> after{};  // by bit: what is waited for while it is held
    for (std::size_t r = 1; r < program.rests.size(); ++r) {
        const std::uint8_t held = one_bit_each(program.rests[r].held);
        const std::uint8_t wanted = waits_for(program, program.rests[r]);
        for (unsigned bit = 0; bit < 8; ++bit)
            if (((held >> bit) & 1U) != 0) after[bit] |= wanted;
    }
    for (unsigned round = 0; round < 8; ++round)
        for (unsigned bit = 0; bit < 8; ++bit)
            for (unsigned next = 0; next < 8; ++next)
                if (((after[bit] >> next) & 1U) != 0) after[bit] |= after[next];
    for (unsigned bit = 0; bit < 8; ++bit)
        if (((after[bit] >> bit) & 1U) != 0) return true;
    return false;
}

}  // namespace cowcheck
