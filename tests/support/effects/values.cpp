#include "tests/support/effects/values.h"

#include <algorithm>
#include <iterator>

namespace cowcheck::test {

void Values::favour_others() {
    const Layout& l = program_.layout;
    page_ = dice_.below(l.size(Scope::page));
    mm_ = dice_.below(l.mms);
    va_ = dice_.below(l.pages);
    pin_ = dice_.below(std::max(1U, l.size(Scope::pin)));
}

unsigned Values::one_of(unsigned count, unsigned favourite) {
    return dice_.below(2) == 0 ? favourite : dice_.below(std::max(1U, count));
}

unsigned Values::entry(unsigned now) {
    const unsigned kinds[] = {now,
                              dice_.below(0x100),
                              PteBit::present,
                              PteBit::migration,
                              PteBit::swap,
                              PteBit::present | PteBit::writable,
                              PteBit::present | PteBit::writable | PteBit::referenced,
                              0,
                              program_.layout.has(Field::pmd) ? PteBit::present | PteBit::huge
                                                              : 1U};
    unsigned value = kinds[dice_.below(std::size(kinds))] & 0xffU;
    if (dice_.below(2) == 0) value ^= 1U << dice_.below(8);
    return value | (page() << PteBit::frame_shift);
}

unsigned Values::of_place(const Bits& bits, unsigned now) {
    if (bits.local) return page() * 0x1111U;  // see is_state()
    switch (bits.field) {
    case Field::pte:
    case Field::pmd:
    case Field::spte: return entry(now);
    case Field::other_half:
    case Field::pin_page:
    case Field::tlb_page:
    case Field::batch_page: return page();
    case Field::pin_mm:
    case Field::op_mm: return mm();
    case Field::pin_va:
    case Field::op_va: return va();
    case Field::op_pin: return pin();
    case Field::pin_state:
    case Field::compound: return dice_.below(3);
    case Field::pc: return dice_.below(2) == 0 ? 0U : dice_.below(program_.rests.size());
    case Field::refcount: {  // few, a pin's, or as many as there can be
        const unsigned kinds[] = {1, 1, dice_.below(5), now + 1024, 0xffffU - dice_.below(2)};
        return kinds[dice_.below(std::size(kinds))];
    }
    default: {
        const unsigned width = info(bits.field).bits;
        return width > 4 ? now ^ (1U << dice_.below(width)) : dice_.below(1U << width);
    }
    }
}

void Values::join_pages(State& state) {
    const Layout& l = program_.layout;
    const unsigned other = (page_ + 1 + dice_.below(l.size(Scope::page) - 1)) % l.size(Scope::page);
    const unsigned kind = 1 + dice_.below(3);
    const bool head = dice_.below(2) == 0;
    for (const bool first : {true, false}) {
        const unsigned page = first ? page_ : other;
        l.set(state, Field::kind, page, kind);
        l.set(state, Field::other_half, page, first ? other : page_);
        l.set(state, Field::compound, page, first == head ? 1 : 2);
    }
}

std::uint16_t Values::of_kind(char kind) {
    const Layout& l = program_.layout;
    const auto narrow = [](unsigned value) { return static_cast<std::uint16_t>(value); };
    switch (kind) {
    case 'p': return narrow(page());
    case 'm': return narrow(mm());
    case 'v': return narrow(va());
    case 'i': return narrow(l.pte_index(mm(), va()));
    case 'n': return narrow(pin());
    case 'c': return narrow(dice_.below(std::max(1U, l.size(Scope::tlb) / l.pages)));
    case 'e': return narrow(entry(0));
    default: return narrow(dice_.below(2));
    }
}

}  // namespace cowcheck::test
