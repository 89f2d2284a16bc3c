#include "traces/lock_view.h"

#include "model/machine/actions.h"
#include "traces/names.h"

#include <array>

namespace cowcheck {

namespace {

struct LockName {
    std::uint8_t mask;
    std::string_view name;
    std::string_view how;
    bool of_process;
};

constexpr auto lock_names = std::to_array<LockName>({
    {Held::mmap_read, "mmap_lock", "for reading", true},
    {Held::mmap_write, "mmap_lock", "for writing", true},
    {Held::vma_read, "the VMA's lock", "for reading", true},
    {Held::vma_write, "the VMA's lock", "for writing", true},
    {Held::ptl, "ptl", "", true},
    {Held::seq, "write_protect_seq", "(odd)", true},
    {Held::page, "page lock", "", false},
    {Held::irqs_off, "interrupts off", "", false},
});

}  // namespace

std::string to_text(const LockHeld& held) {
    return held.lock + (held.how.empty() ? "" : " " + held.how) + ": " + held.thread;
}

std::vector<LockHeld> locks_held(const Program& program, const State& state) {
    std::vector<LockHeld> list;
    const Layout& l = program.layout;
    for (unsigned t = 0; t < l.size(Scope::thread); ++t) {
        const unsigned pc = l.get(state, Field::pc, t);
        if (pc == 0) continue;
        const std::string mm = process_name(program, l.get(state, Field::op_mm, t));
        for (const LockName& lock : lock_names)
            if ((program.rests[pc].held & lock.mask) != 0)
                list.push_back({std::string(lock.name) + (lock.of_process ? " of " + mm : ""),
                                std::string(lock.how), lock.of_process ? mm : std::string(),
                                program.world.threads[t].name});
    }
    return list;
}

Awaited what_it_awaits(const Program& program, const State& state, unsigned thread) {
    const Action action{Action::Kind::step, static_cast<std::uint8_t>(thread), 0, 0, 0, 0};
    State next = state;
    const Blocked blocked = perform(program, next, action).blocked;
    return blocked == Blocked::no ? Awaited() : what_blocks(program, state, action, blocked);
}

}  // namespace cowcheck
