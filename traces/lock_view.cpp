#include "traces/lock_view.h"

#include "traces/names.h"

#include <array>

namespace cowcheck {

namespace {

struct LockName {
    std::uint8_t mask;
    std::string_view before;  // the process
    std::string_view after;
};

constexpr std::array<LockName, 4> of_process{{{Held::mmap_read, "mmap_lock of ", " for reading"},
                                              {Held::mmap_write, "mmap_lock of ", " for writing"},
                                              {Held::ptl, "ptl of ", ""},
                                              {Held::seq, "write_protect_seq of ", " (odd)"}}};

}  // namespace

std::vector<std::string> locks_held(const Program& program, const State& state) {
    std::vector<std::string> list;
    const Layout& l = program.layout;
    for (unsigned t = 0; t < l.size(Scope::thread); ++t) {
        const unsigned pc = l.get(state, Field::pc, t);
        if (pc == 0) continue;
        const unsigned held = program.rests[pc].held;
        const std::string who = ": " + program.world.threads[t].name;
        const std::string mm = process_name(program, l.get(state, Field::op_mm, t));
        for (const LockName& lock : of_process)
            if ((held & lock.mask) != 0)
                list.push_back(std::string(lock.before) + mm + std::string(lock.after) + who);
        if ((held & Held::page) != 0) list.push_back("page lock" + who);
        if ((held & Held::irqs_off) != 0) list.push_back("interrupts off" + who);
    }
    return list;
}

}  // namespace cowcheck
