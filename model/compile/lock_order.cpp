#include "model/compile/lock_order.h"

#include "model/compile/flow.h"

#include <array>

namespace cowcheck {

std::uint8_t waits_for(const Program& program, const Rest& rest) {
    std::uint8_t locks = 0;
    each_of_step(program, rest, [&](std::size_t at) {
        switch (program.code[at].code) {
        case Code::lock_mmap_read:
        case Code::lock_mmap_write: locks |= Held::mmap_read; break;
        case Code::lock_vma_write: locks |= Held::vma_read; break;
        case Code::lock_ptl: locks |= Held::ptl; break;
        case Code::lock_page:
        case Code::wait_page: locks |= Held::page; break;
        case Code::flush: locks |= Held::irqs_off; break;
        default: break;
        }
    });
    return locks;
}

bool has_lock_cycle(const Program& program) {
    std::array<std::uint8_t, 8> after{};  // by bit: what is waited for while it is held
    for (std::size_t r = 1; r < program.rests.size(); ++r) {
        std::uint8_t held = program.rests[r].held;
        if ((held & Held::mmap_write) != 0)
            held = static_cast<std::uint8_t>((held & ~Held::mmap_write) | Held::mmap_read);
        if ((held & Held::vma_write) != 0)
            held = static_cast<std::uint8_t>((held & ~Held::vma_write) | Held::vma_read);
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
