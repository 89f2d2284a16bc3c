#include "tests/support/effects/places.h"

namespace cowcheck::test {

Places::Places(const Layout& layout) : layout_(layout), of_word_(layout.words) {
    for (std::size_t i = 0; i < field_table.size(); ++i) {
        const auto field = static_cast<Field>(i);
        const FieldInfo& f = info(field);
        for (unsigned e = 0; layout.has(field) && e < layout.size(f.scope); ++e)
            add({field, false, e, layout.element(f.scope, e) + f.word,
                 static_cast<std::uint16_t>(f.mask() << f.shift), f.shift, f.scope});
    }
    const auto stride = layout.stride[static_cast<std::size_t>(Scope::thread)];
    for (unsigned t = 0; t < layout.size(Scope::thread); ++t)
        for (unsigned w = first_local_word; w < stride; ++w) {
            const unsigned fixed = w == first_local_word ? (1U << first_local_bit) - 1U : 0U;
            add({Field::life, true, t, layout.element(Scope::thread, t) + w,
                 static_cast<std::uint16_t>(~fixed), 0, Scope::thread});
        }
}

void Places::add(const Bits& bits) {
    of_word_[bits.word].push_back(all_.size());
    all_.push_back(bits);
    of_scope_[static_cast<std::size_t>(bits.scope)].push_back(bits);
}

Places::Difference Places::difference(const State& one, const State& other, unsigned thread,
                                      const Bits* but) const {
    Difference result;
    for (unsigned w = 0; w < of_word_.size(); ++w) {
        unsigned changed = unsigned{one.words[w]} ^ unsigned { other.words[w] };
        if (but != nullptr && but->word == w) changed &= ~unsigned{but->mask};
        if (changed == 0) continue;
        for (const std::size_t i : of_word_[w]) {
            const Bits& bits = all_[i];
            if ((changed & bits.mask) == 0) continue;
            const bool freed =
                bits.scope == Scope::page && layout_.get(other, Field::kind, bits.element) == 0;
            (bits.is_of_others(thread) ? result.others
             : freed                   ? result.freed
                                       : result.own) |= bits.set();
        }
    }
    return result;
}

namespace {

// The places of frame numbers in locals: visit(words, local) until it says no.
template <class Words, class Visit>
bool each_frame(const Program& program, Words& words, Visit&& visit) {
    const Layout& l = program.layout;
    for (unsigned t = 0; t < l.size(Scope::thread); ++t) {
        auto* const thread = &words[l.element(Scope::thread, t)];
        const Rest& rest = program.rests[thread[0] & unsigned{info(Field::pc).mask()}];
        for (unsigned i = 0; i < rest.locals; ++i)
            if (!visit(thread, rest.frames[i])) return false;
    }
    return true;
}

}  // namespace

bool is_state(const Program& program, const State& state) {
    const Layout& l = program.layout;
    const unsigned frames = l.size(Scope::page);
    for (unsigned f = 0; l.has(Field::pmd) && f < frames; ++f)
        if (const unsigned head = l.head_of(state, f); l.head_of(state, head) != head) return false;
    return each_frame(program, state.words,
                      [&](const std::uint16_t* words, const FrameLocal& local) {
                          return local.frame(words) < frames;
                      });
}

void mend_frames(const Program& program, State& state) {
    const unsigned frames = program.layout.size(Scope::page);
    (void)each_frame(program, state.words, [&](std::uint16_t* words, const FrameLocal& local) {
        const unsigned mask = unsigned{PteBit::frame_mask} << local.shift;
        auto& word = words[local.word];
        if (local.frame(words) >= frames) word = static_cast<std::uint16_t>(word & ~mask);
        return true;
    });
}

}  // namespace cowcheck::test
