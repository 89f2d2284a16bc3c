// Frames are numbered in the order in which a state points to them.
#include "checker/system/canonical.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace cowcheck {

// An element's slot of a way, and who reads by it.
Canonical::FrameSlot Canonical::slot_of(const WayRow& row, unsigned index) const {
    const Layout& l = p_.layout;
    const Slots of = row.slots.value;
    const FieldInfo& field = info(of.field);
    FrameSlot slot;
    slot.word = static_cast<std::uint8_t>(l.element(field.scope, index) + field.word);
    slot.shift = static_cast<std::uint8_t>(of.leads == Leads::entry ? PteBit::frame_shift
                                                                    : info(of.number).shift);
    slot.some = static_cast<std::uint16_t>(of.some << field.shift);
    slot.none = static_cast<std::uint16_t>(of.none << field.shift);
    slot.of_page_table = of.of_page_table();
    const auto set_reader = [&](unsigned bit) {
        slot.reader = static_cast<std::uint16_t>(1U << bit);
    };
    switch (has(p_.ways.readers, row.way.value) ? row.readers.how : ReadBy::no) {
    case ReadBy::process: set_reader(field.scope == Scope::mm ? index : index / l.pages); break;
    case ReadBy::cpu:
        for (const Thread& thread : p_.world.threads)
            if (thread.actor == Actor::cpu && thread.cpu == index / l.pages) set_reader(thread.mm);
        break;
    case ReadBy::holder: set_reader(l.mms + index); break;
    default: break;
    }
    return slot;
}

// The slots of all ways, in the order of the table. Ways that share a word and lead the same
// readers to a page are one slot.
void Canonical::find_slots() {
    for (const WayRow& row : way_table) {
        const Scope scope = info(row.slots.value.field).scope;
        const bool named = has(p_.ways.renaming, row.way.value);
        if (!row.slots.value.have_number() || scope == Scope::page ||
            (!named && !has(p_.ways.readers, row.way.value)))
            continue;
        std::vector<FrameSlot>& slots = named ? slots_ : unnamed_slots_;
        for (unsigned i = 0; i < p_.layout.size(scope); ++i) {
            const FrameSlot slot = slot_of(row, i);
            const auto same = std::find_if(slots.begin(), slots.end(), [&](const FrameSlot& one) {
                return one.word == slot.word && one.shift == slot.shift &&
                       one.reader == slot.reader;
            });
            if (same == slots.end()) {
                slots.push_back(slot);
                continue;
            }
            same->some |= slot.some;
            same->none &= slot.none;
        }
    }
}

template <class S, class Visit>
void Canonical::each_frame(S& state, Visit&& visit) const {
    const Layout& l = p_.layout;
    for (const FrameSlot& slot : slots_)
        visit(state.words[slot.word], slot.shift, slot.frame(state));
    if (!has(p_.ways.renaming, Way::local)) return;
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
    const bool thp = has(p_.ways.renaming, Way::other_half);
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
        return thp && p_.layout.get(state, Field::compound, frame) ==
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
    for (unsigned f = 0; has(p_.ways.renaming, Way::other_half) && f < frames; ++f)
        if (l.get(state, Field::compound, f) != 0)
            l.set(state, Field::other_half, f, to[l.get(state, Field::other_half, f)]);
    each_frame(state, [&](std::uint16_t& word, unsigned shift, unsigned frame) {
        if (frame < frames)
            word = static_cast<std::uint16_t>((word & ~(unsigned{PteBit::frame_mask} << shift)) |
                                              (unsigned{to[frame]} << shift));
    });
}

}  // namespace cowcheck
