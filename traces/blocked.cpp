#include "traces/blocked.h"

#include "model/isa/effects.h"
#include "traces/names.h"

#include <array>
#include <functional>
#include <string_view>

namespace cowcheck {

namespace {

struct Waiter {
    const Program& p;
    const State& s;
    unsigned thread;
    unsigned mm;

    [[nodiscard]] unsigned get(Field field, unsigned index) const {
        return p.layout.get(s, field, index);
    }
    [[nodiscard]] unsigned pc(unsigned t) const { return get(Field::pc, t); }
};

// "cpu1, in fork > copy_one_pte": everybody else for whom `holds` is true.
std::string holders(const Waiter& w, const std::function<bool(unsigned, const Rest&)>& holds) {
    std::string text;
    for (unsigned t = 0; t < w.p.world.threads.size(); ++t) {
        const unsigned pc = w.pc(t);
        if (t == w.thread || pc == 0 || !holds(t, w.p.rests[pc])) continue;
        text += (text.empty() ? "" : " and ") + w.p.world.threads[t].name + " in " +
                w.p.rests[pc].where;
    }
    return text;
}

std::string held_by(const std::string& lock, const std::string& who) {
    return who.empty() ? "it waits for " + lock : "it waits for " + lock + ", held by " + who;
}

Awaited lock_of_mm(const Waiter& w, const std::string& lock, unsigned mask) {
    const auto holds = [&](unsigned t, const Rest& rest) {
        return w.get(Field::op_mm, t) == w.mm && (rest.held & mask) != 0;
    };
    const std::string name = lock + " of " + process_name(w.p, w.mm);
    return {name, held_by(name, holders(w, holds))};
}

Awaited lock_of_page(const Waiter& w) {
    const auto holds = [](unsigned, const Rest& rest) { return (rest.held & Held::page) != 0; };
    return {"page lock", held_by("the page lock", holders(w, holds))};
}

struct MmLock {
    Field field;  // not 0 while it is held
    std::uint8_t held;
    std::string_view name;
};
constexpr auto mm_locks = std::to_array<MmLock>({
    {Field::mmap_writer, Held::mmap_write, "mmap_lock"},
    {Field::mmap_readers, Held::mmap_read, "mmap_lock"},
    {Field::ptl, Held::ptl, "ptl"},
    {Field::vma_writer, Held::vma_write, "the VMA's lock"},
    {Field::vma_readers, Held::vma_read, "the VMA's lock"},
});

// The first lock in the code of the step that somebody has.
Awaited awaited_lock(const Waiter& w, std::size_t address) {
    for (std::size_t at = address; at < w.p.code.size(); ++at) {
        const Instruction& i = w.p.code[at];
        if (i.code == Code::rest || i.code == Code::end) break;
        if (i.code == Code::end_mm)
            return {{}, "a walk over the mappings of a page has come to the process"};
        if (i.code == Code::new_mm) return {{}, "it waits for a free process slot"};
        const unsigned waits_for = effects_of(i).waits_for;
        if ((waits_for & Held::page) != 0) return lock_of_page(w);
        for (const MmLock& lock : mm_locks)
            if ((waits_for & lock.held) != 0 && w.get(lock.field, w.mm) != 0)
                return lock_of_mm(w, std::string(lock.name), waits_for);
    }
    return {{}, "it waits for a lock"};
}

std::string interrupts_text(const Waiter& w) {
    const auto off = [&](unsigned t, const Rest& rest) {
        return w.get(Field::op_mm, t) == w.mm && (rest.held & Held::irqs_off) != 0;
    };
    const std::string who = holders(w, off);
    return "its TLB flush waits for interrupts" + (who.empty() ? who : ", off on " + who);
}

std::size_t next_address(const Program& program, const State& state, const Action& action) {
    if (action.kind == Action::Kind::step)
        return program.rests[program.layout.get(state, Field::pc, action.thread)].address + 1U;
    std::size_t entry = program.operations[action.operation].entry;
    while (entry < program.code.size() && program.code[entry].code != Code::rest) ++entry;
    return entry + 1;
}

}  // namespace

Awaited what_blocks(const Program& program, const State& state, const Action& action,
                    Blocked blocked) {
    const bool running = action.kind == Action::Kind::step;
    const Waiter waiter{program, state, action.thread,
                        running ? program.layout.get(state, Field::op_mm, action.thread)
                                : unsigned{action.mm}};
    switch (blocked) {
    case Blocked::no: return {{}, "it is not blocked"};
    case Blocked::lock: return awaited_lock(waiter, next_address(program, state, action));
    case Blocked::frames: return {{}, "it waits for a free frame, and there is none"};
    case Blocked::userfault: return {{}, "it waits for the monitor to resolve its userfault"};
    case Blocked::interrupts: return {{}, interrupts_text(waiter)};
    }
    return {};
}

std::string why_blocked(const Program& program, const State& state, const Action& action,
                        Blocked blocked) {
    return what_blocks(program, state, action, blocked).text;
}

}  // namespace cowcheck
