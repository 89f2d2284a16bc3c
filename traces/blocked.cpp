#include "traces/blocked.h"

#include "traces/names.h"

#include <functional>

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

std::string lock_of_mm(const Waiter& w, const std::string& lock, unsigned mask) {
    const auto holds = [&](unsigned t, const Rest& rest) {
        return w.get(Field::op_mm, t) == w.mm && (rest.held & mask) != 0;
    };
    return held_by(lock + " of " + process_name(w.p, w.mm), holders(w, holds));
}

std::string lock_of_page(const Waiter& w) {
    const auto holds = [](unsigned, const Rest& rest) { return (rest.held & Held::page) != 0; };
    return held_by("the page lock", holders(w, holds));
}

// The first lock in the code of the step that somebody has.
std::string lock_text(const Waiter& w, std::size_t address) {
    const bool writer = w.get(Field::mmap_writer, w.mm) != 0;
    const bool readers = w.get(Field::mmap_readers, w.mm) != 0;
    for (std::size_t at = address; at < w.p.code.size(); ++at) {
        switch (w.p.code[at].code) {
        case Code::lock_mmap_read:
            if (writer) return lock_of_mm(w, "mmap_lock", Held::mmap_write);
            break;
        case Code::lock_mmap_write:
            if (writer || readers)
                return lock_of_mm(w, "mmap_lock", Held::mmap_read | Held::mmap_write);
            break;
        case Code::lock_ptl:
            if (w.get(Field::ptl, w.mm) != 0) return lock_of_mm(w, "ptl", Held::ptl);
            break;
        case Code::lock_page:
        case Code::wait_page: return lock_of_page(w);
        case Code::end_mm: return "a walk over the mappings of a page has come to the process";
        case Code::new_mm: return "it waits for a free process slot";
        case Code::rest:
        case Code::end: return "it waits for a lock";
        default: break;
        }
    }
    return "it waits for a lock";
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

std::string why_blocked(const Program& program, const State& state, const Action& action,
                        Blocked blocked) {
    const bool running = action.kind == Action::Kind::step;
    const Waiter waiter{program, state, action.thread,
                        running ? program.layout.get(state, Field::op_mm, action.thread)
                                : unsigned{action.mm}};
    switch (blocked) {
    case Blocked::no: return "it is not blocked";
    case Blocked::lock: return lock_text(waiter, next_address(program, state, action));
    case Blocked::frames: return "it waits for a free frame, and there is none";
    case Blocked::userfault: return "it waits for the monitor to resolve its userfault";
    case Blocked::interrupts: return interrupts_text(waiter);
    }
    return {};
}

}  // namespace cowcheck
