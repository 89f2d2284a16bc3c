// Where control can go after an instruction.
#pragma once

#include "model/machine/program.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace cowcheck {

class Successors {
public:
    Successors() = default;
    explicit Successors(std::uint16_t one) : to_{one}, size_(1) {}
    Successors(std::uint16_t one, std::uint16_t other) : to_{one, other}, size_(2) {}

    [[nodiscard]] const std::uint16_t* begin() const { return to_.data(); }
    [[nodiscard]] const std::uint16_t* end() const { return to_.data() + size_; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::uint16_t operator[](std::size_t i) const { return to_[i]; }

private:
    std::array<std::uint16_t, 2> to_{};
    std::size_t size_ = 0;
};

[[nodiscard]] inline Successors successors(const Instruction& instruction, std::size_t address) {
    const auto next = static_cast<std::uint16_t>(address + 1);
    switch (instruction.code) {
    case Code::end: return Successors();
    case Code::jump: return Successors(instruction.target);
    case Code::jump_if:
    case Code::jump_unless: return Successors(instruction.target, next);
    default: return Successors(next);
    }
}

// Calls `visit(address)` for each instruction that is reached from `from`, once; with
// `within_step`, only up to the rests.
template <class Visit>
void each_reachable(const std::vector<Instruction>& code, std::size_t from, bool within_step,
                    Visit&& visit) {
    std::vector<std::size_t> work{from};
    std::vector<bool> seen(code.size());
    while (!work.empty()) {
        const std::size_t at = work.back();
        work.pop_back();
        if (at >= code.size() || seen[at] || (within_step && code[at].code == Code::rest)) continue;
        seen[at] = true;
        visit(at);
        for (const std::uint16_t next : successors(code[at], at)) work.push_back(next);
    }
}

// The instructions of the step that begins at a rest.
template <class Visit>
void each_of_step(const Program& program, const Rest& rest, Visit&& visit) {
    each_reachable(program.code, rest.address + 1U, true, visit);
}

// By rest: those where a handler can come to stand next.
[[nodiscard]] inline std::vector<std::vector<std::uint16_t>> next_rests(const Program& program) {
    std::vector<std::vector<std::uint16_t>> next(program.rests.size());
    for (std::size_t r = 1; r < program.rests.size(); ++r)
        each_of_step(program, program.rests[r], [&](std::size_t at) {
            for (const std::uint16_t to : successors(program.code[at], at))
                if (to < program.code.size() && program.code[to].code == Code::rest)
                    next[r].push_back(program.code[to].imm);
        });
    return next;
}

// Where a thread stays that has asked for the page of a PTE that maps none.
[[nodiscard]] inline bool is_oops(const std::vector<Instruction>& code, std::size_t rest) {
    return rest + 1 < code.size() && code[rest].code == Code::rest &&
           code[rest + 1].code == Code::jump && code[rest + 1].target == rest;
}

}  // namespace cowcheck
