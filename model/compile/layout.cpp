#include "model/compile/layout.h"

#include "model/compile/state_size.h"

#include <algorithm>

namespace cowcheck {

namespace {

constexpr std::size_t index_of(Scope scope) { return static_cast<std::size_t>(scope); }

// Each element as wide as the fields that states of this world have.
void widen(Layout& layout) {
    for (std::size_t i = 0; i < field_table.size(); ++i) {
        const FieldInfo& field = field_table[i];
        if (!layout.has(static_cast<Field>(i))) continue;
        auto& stride = layout.stride[index_of(field.scope)];
        stride = std::max(stride, static_cast<std::uint8_t>(field.word + 1));
    }
}

// Whether a `zap` may end a mapping in a process that does not exit. The operations' code is there
// in their order.
bool zaps_while_others_run(const Program& program) {
    for (std::size_t n = 0; n < program.operations.size(); ++n) {
        if (program.operations[n].item.kind == OperationKind::exit) continue;
        const std::size_t end = n + 1 < program.operations.size() ? program.operations[n + 1].entry
                                                                  : program.code.size();
        for (std::size_t at = program.operations[n].entry; at < end; ++at)
            if ((program.code[at].code == Code::zap_pte ||
                 program.code[at].code == Code::zap_pmd) &&
                static_cast<Zap>(program.code[at].imm) == Zap::ends_given_up)
                return true;
    }
    return false;
}

// One scope after the other, threads last and on a multiple of four words, so that they pack
// separately; the pages likewise, if there is room for that.
bool place_scopes(Layout& layout, bool pages_apart) {
    unsigned at = 0;
    for (const Scope scope : {Scope::mm, Scope::pte, Scope::page, Scope::pin, Scope::tlb,
                              Scope::outside, Scope::thread}) {
        if (scope == Scope::thread || (scope == Scope::page && pages_apart)) at = (at + 3U) & ~3U;
        if (scope == Scope::thread) layout.thread_words = static_cast<std::uint8_t>(at);
        layout.base[index_of(scope)] = static_cast<std::uint8_t>(at);
        at += unsigned{layout.stride[index_of(scope)]} * layout.count[index_of(scope)];
        if (at > State::max_words) return false;
    }
    layout.words = static_cast<std::uint8_t>(at);
    return true;
}

void complain_of_size(Emitter& emitter, const SourceSpan& span, const Program& program) {
    const ScopeSizes sizes = sizes_in_words(program.layout);
    emitter.complain(span,
                     "the states of world '" + program.world.name +
                         "' are too large: " + std::to_string(total(sizes)) +
                         " bits, and there is room for " + std::to_string(16 * State::max_words),
                     "what takes them:\n" + size_table(program.layout, sizes, "    "));
}

}  // namespace

Layout first_layout(const World& world) {
    Layout layout;
    const auto mms = static_cast<unsigned>(world.processes.size());
    layout.mms = static_cast<std::uint8_t>(mms);
    layout.pages = static_cast<std::uint8_t>(world.pages);
    const auto count = [&](Scope scope, unsigned n) {
        layout.count[index_of(scope)] = static_cast<std::uint8_t>(n);
    };
    count(Scope::mm, mms);
    count(Scope::pte, mms * world.pages);
    count(Scope::page, world.total_frames());
    count(Scope::pin, world.pins);
    count(Scope::tlb, world.cpus() * world.pages);
    count(Scope::thread, static_cast<unsigned>(world.threads.size()));
    count(Scope::outside, world.has_outside() ? 1 : 0);
    layout.parts = world.parts();
    widen(layout);
    return layout;
}

void add_parts_of_text(Program& program) {
    const bool locks_vmas =
        std::any_of(program.code.begin(), program.code.end(), [](const Instruction& i) {
            return i.code == Code::trylock_vma || i.code == Code::lock_vma_write;
        });
    if (locks_vmas) program.layout.parts |= Part::vma_lock;
    if (zaps_while_others_run(program)) program.layout.parts |= Part::zaps;
    widen(program.layout);
}

void place(Emitter& emitter, const SourceSpan& design) {
    Layout& layout = emitter.program().layout;
    if (!place_scopes(layout, true) && !place_scopes(layout, false))
        complain_of_size(emitter, design, emitter.program());
}

void fill_access(Program& program) {
    for (std::size_t i = 0; i < field_table.size(); ++i) {
        const FieldInfo& field = field_table[i];
        if (!program.layout.has(static_cast<Field>(i))) continue;  // reads as 0
        program.access[i] = {
            static_cast<std::uint8_t>(program.layout.base[index_of(field.scope)] + field.word),
            program.layout.stride[index_of(field.scope)], field.shift,
            program.layout.largest(static_cast<Field>(i))};
    }
}

}  // namespace cowcheck
