// The names by which a trace calls things: frames, processes, places and
// statements of a design, and the values that memory holds.
#pragma once

#include "model/machine/program.h"
#include "traces/trace.h"

#include <map>
#include <string>
#include <vector>

namespace cowcheck {

// "A", "B", ...; "zeropage".
[[nodiscard]] std::string frame_name(const Program& program, unsigned frame);
[[nodiscard]] std::string process_name(const Program& program, unsigned mm);
[[nodiscard]] std::string pin_name(unsigned pin);
// "cpu0.tlb[1]": what a CPU's TLB has for a virtual page.
[[nodiscard]] std::string tlb_name(const Thread& thread, unsigned va);
// "A writable dirty", "swap entry exclusive", "migration entry of A writable", "page table",
// "none".
[[nodiscard]] std::string pte_text(const Program& program, unsigned pte);

[[nodiscard]] TraceOperation call_of(const MenuItem& item);

// Nowhere for a span that is nowhere.
[[nodiscard]] TracePlace place_of(const SourceSpan& span);

// Which value each frame holds, and which one each process should read. A value
// is named after who made it: P1 and P2 are the parent's first and second store,
// P0 what it had at the start, D1 is a device's, 0 is zeroes.
class ValueNames {
public:
    explicit ValueNames(const Program& program);

    void stored(unsigned mm, unsigned frame);
    void dma_written(unsigned frame);
    void copied(unsigned from, unsigned to) { frames_[to] = frames_[from]; }
    void zeroed(unsigned frame) { frames_[frame] = "0"; }
    void freed(unsigned frame) { frames_[frame].clear(); }

    // After each step: what a process should read is where the ghost data says,
    // or, if no frame holds it any more, what it last was.
    void settle(const Program& program, const State& state);

    [[nodiscard]] const std::string& in_frame(unsigned frame) const { return frames_[frame]; }
    [[nodiscard]] const std::string& expected(unsigned slot) const { return expected_[slot]; }
    // "parent", "the device": who made the value. Empty for zeroes.
    [[nodiscard]] std::string author(const std::string& value) const;

private:
    struct Source {
        std::string name;
        std::string prefix;
        unsigned next = 0;
    };
    std::string fresh(Source& source);

    std::vector<Source> sources_;                 // the processes, then the device
    std::map<std::string, std::string> authors_;  // of the values that were made
    std::vector<std::string> frames_;
    std::vector<std::string> expected_;
};

}  // namespace cowcheck
