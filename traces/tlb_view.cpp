#include "traces/tlb_view.h"

#include "traces/names.h"

namespace cowcheck {

namespace {

// Nothing: the entry is what a walk would find, or less.
std::string difference(const Program& program, unsigned leaf, unsigned frame, bool writable) {
    if ((leaf & PteBit::present) == 0) return "the page table maps nothing there";
    if (leaf >> PteBit::frame_shift != frame)
        return "the page table maps page " + frame_name(program, leaf >> PteBit::frame_shift);
    return writable && (leaf & PteBit::writable) == 0 ? "the PTE is not writable" : "";
}

}  // namespace

std::vector<StaleEntry> stale_entries(const Program& program, const State& state) {
    std::vector<StaleEntry> list;
    const Layout& l = program.layout;
    for (const Thread& thread : program.world.threads) {
        if (thread.actor != Actor::cpu) continue;
        for (unsigned va = 0; va < l.pages; ++va) {
            const unsigned entry = l.tlb_index(thread.cpu, va);
            if (l.get(state, Field::tlb_valid, entry) == 0) continue;
            std::string why = difference(program, l.leaf(state, thread.mm, va),
                                         l.get(state, Field::tlb_page, entry),
                                         l.get(state, Field::tlb_writable, entry) != 0);
            if (!why.empty()) list.push_back({tlb_name(thread, va), std::move(why)});
        }
    }
    return list;
}

}  // namespace cowcheck
