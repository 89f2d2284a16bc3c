// Frames are numbered in the order in which a state points to them.
#include "checker/system/canonical.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace cowcheck {

// PTEs, secondary MMUs' entries, PMDs, TLBs, LRU batches, pins.
std::vector<Canonical::FrameSlot> Canonical::frame_slots() const {
    const Layout& l = p_.layout;
    std::vector<FrameSlot> slots;
    const auto add = [&](Field field, unsigned index, unsigned shift, unsigned bits,
                         unsigned reader, bool of_table) {
        if (l.has(field))
            slots.push_back(
                {static_cast<std::uint8_t>(l.element(info(field).scope, index) + info(field).word),
                 static_cast<std::uint8_t>(shift), static_cast<std::uint16_t>(bits),
                 static_cast<std::uint16_t>(reader), of_table});
    };
    const auto for_each_pte = [&](auto&& visit) {
        for (unsigned mm = 0; mm < l.mms; ++mm)
            for (unsigned va = 0; va < l.pages; ++va) visit(l.pte_index(mm, va), 1U << mm);
    };
    // By CPU: the thread that uses its TLB.
    std::vector<unsigned> reader_of(l.size(Scope::tlb));
    for (const Thread& thread : p_.world.threads)
        for (unsigned va = 0; thread.actor == Actor::cpu && va < l.pages; ++va)
            reader_of[l.tlb_index(thread.cpu, va)] = 1U << thread.mm;
    for_each_pte([&](unsigned i, unsigned mm) {
        add(Field::pte, i, PteBit::frame_shift, PteBit::has_frame, mm, true);
    });
    for_each_pte([&](unsigned i, unsigned mm) {
        add(Field::spte, i, PteBit::frame_shift, PteBit::present, mm, false);
    });
    for (unsigned mm = 0; mm < l.mms; ++mm)
        add(Field::pmd, mm, PteBit::frame_shift, PteBit::present, 1U << mm, true);
    for (unsigned i = 0; i < l.size(Scope::tlb); ++i)
        add(Field::tlb_valid, i, info(Field::tlb_page).shift, 1, reader_of[i], false);
    for (unsigned i = 0; i < l.size(Scope::tlb); ++i)
        add(Field::batch_valid, i, info(Field::batch_page).shift,
            1U << info(Field::batch_valid).shift, 0, false);
    constexpr auto held = static_cast<unsigned>(PinState::held);  // nothing else has this bit
    for (unsigned i = 0; i < l.size(Scope::pin); ++i)
        add(Field::pin_state, i, info(Field::pin_page).shift, held, 1U << (l.mms + i), false);
    return slots;
}

template <class S, class Visit>
void Canonical::each_frame(S& state, Visit&& visit) const {
    const Layout& l = p_.layout;
    for (const FrameSlot& slot : slots_)
        visit(state.words[slot.word], slot.shift, slot.frame(state));
    for (unsigned t = 0; t < l.size(Scope::thread); ++t) {
        auto* words = &state.words[l.element(Scope::thread, t)];
        if (words[0] == 0) continue;
        const Rest& rest = p_.rests[words[0] & unsigned{info(Field::pc).mask()}];
        for (unsigned i = 0; i < rest.locals; ++i) {
            const FrameLocal& local = rest.frames[i];
            visit(words[local.word], local.shift,
                  local.valid(words) ? local.frame(words) : no_frame);
        }
    }
}

Canonical::Pointers Canonical::pointers_of(const State& state) const {
    Pointers pointers;
    each_frame(state, [&](std::uint16_t, unsigned, unsigned frame) { pointers.add(frame); });
    return pointers;
}

bool Canonical::all_free_from(const State& state, unsigned first) const {
    const unsigned from = p_.layout.element(Scope::page, first);
    const unsigned to = p_.layout.element(Scope::page, p_.world.frames);
    unsigned set = 0;
    for (unsigned w = from; w < to; ++w) set |= state.words[w];
    return set == 0;
}

// Frames that something points to come first, in the order in which the state
// points to them; then those that nobody points to (a leak), by content; the free
// ones, which are all alike, last.
void Canonical::name_frames(State& state, const Pointers& pointers) const {
    const unsigned frames = p_.world.frames;
    FrameMap to = unnamed_;
    unsigned next = 0;
    bool in_order = true;
    const auto name = [&](unsigned frame) {
        const bool fresh = to[frame] == 0xff;
        in_order = in_order && (!fresh || frame == next);
        to[frame] = static_cast<std::uint8_t>(fresh ? next : to[frame]);
        next += fresh;
    };
    const bool thp = p_.layout.has(Field::compound);
    for (unsigned i = 0; i < pointers.count; ++i) {
        const unsigned frame = pointers.frames[i];
        name(frame);
        if (thp && frame != no_frame)
            name(p_.layout.other_half(state, frame));  // whoever has one half has the other one
    }
    if (in_order && all_free_from(state, next)) return;
    if (next == frames) {
        rename_frames(state, to);
        return;
    }
    std::array<std::uint8_t, 16> rest{};
    unsigned unnamed = 0;
    for (unsigned f = 0; f < frames; ++f)
        if (to[f] == 0xff) rest[unnamed++] = static_cast<std::uint8_t>(f);
    // A THP by the content of both halves (but not by their numbers), the tail right behind
    // the head.
    const unsigned stride = p_.layout.stride[static_cast<std::size_t>(Scope::page)];
    const FieldInfo& number = info(Field::other_half);
    const unsigned hidden =
        p_.layout.has(Field::other_half) ? unsigned{number.mask()} << number.shift : 0U;
    const auto content = [&](unsigned frame) {
        std::array<std::uint16_t, 8> all{};
        const auto add = [&](unsigned half, std::size_t at) {
            const auto* words = &state.words[p_.layout.element(Scope::page, half)];
            std::copy_n(words, std::min(stride, 4U), all.begin() + static_cast<int>(at));
            all[at + number.word] = static_cast<std::uint16_t>(all[at + number.word] & ~hidden);
        };
        add(frame, 0);
        if (const unsigned other = p_.layout.other_half(state, frame); other != frame)
            add(other, 4);
        return all;
    };
    const auto is_tail = [&](unsigned frame) {
        return p_.layout.get(state, Field::compound, frame) ==
               static_cast<unsigned>(Compound::tail);
    };
    const auto last = std::remove_if(rest.begin(), rest.begin() + unnamed, is_tail);
    std::sort(rest.begin(), last, [&](unsigned a, unsigned b) { return content(a) > content(b); });
    for (auto frame = rest.begin(); frame != last; ++frame)
        for (const unsigned half : {unsigned{*frame}, p_.layout.other_half(state, *frame)})
            if (to[half] == 0xff) to[half] = static_cast<std::uint8_t>(next++);
    rename_frames(state, to);
}

void Canonical::rename_frames(State& state, const FrameMap& to) const {
    const unsigned frames = p_.world.frames;
    bool same = true;
    for (unsigned f = 0; f < frames; ++f) same = same && to[f] == f;
    if (same) return;
    const Layout& l = p_.layout;
    const unsigned base = l.element(Scope::page, 0);
    const unsigned stride = l.stride[static_cast<std::size_t>(Scope::page)];
    std::array<std::uint16_t, Limits::frames * 4> pages{};
    std::memcpy(pages.data(), &state.words[base], frames * stride * 2U);
    for (unsigned f = 0; f < frames; ++f)
        std::memcpy(&state.words[base + to[f] * stride], &pages[f * stride], stride * 2U);
    for (unsigned f = 0; l.has(Field::compound) && f < frames; ++f)
        if (l.get(state, Field::compound, f) != 0)
            l.set(state, Field::other_half, f, to[l.get(state, Field::other_half, f)]);
    each_frame(state, [&](std::uint16_t& word, unsigned shift, unsigned frame) {
        if (frame < frames)
            word = static_cast<std::uint16_t>((word & ~(unsigned{PteBit::frame_mask} << shift)) |
                                              (unsigned{to[frame]} << shift));
    });
}

}  // namespace cowcheck
