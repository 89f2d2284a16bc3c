#include "traces/guard.h"

#include "model/compile/flow.h"

#include <algorithm>
#include <vector>

namespace cowcheck {

namespace {

bool is_conditional(const Instruction& i) {
    return i.code == Code::jump_if || i.code == Code::jump_unless;
}

// `and`, `or` and `implies` leave early too: behind a register that is not theirs.
bool is_within_expression(const Program& program, std::size_t address) {
    const Instruction& jump = program.code[address];
    const Instruction& before = program.code[address - 1];
    return before.code == Code::imm && before.a != jump.a;
}

// The jump that leaves the `if` which rests here.
std::optional<std::size_t> guard_jump(const Program& program, unsigned pc) {
    for (std::size_t at = program.rests[pc].address + 1U; at < program.code.size(); ++at) {
        const Instruction& i = program.code[at];
        if (i.code == Code::rest || i.code == Code::jump || i.code == Code::end)
            return std::nullopt;
        if (is_conditional(i) && !is_within_expression(program, at) &&
            !is_oops(program.code, i.target))
            return at;
    }
    return std::nullopt;
}

// Whether a thread that goes on from this address may come to stand at `next`.
bool leads_to(const Program& program, std::size_t address, unsigned next, std::vector<bool>& seen) {
    for (; address < program.code.size() && !seen[address]; ++address) {
        seen[address] = true;
        const Instruction& i = program.code[address];
        if (i.code == Code::rest) return i.imm == next;
        if (i.code == Code::end) return next == 0;
        if (is_conditional(i) && leads_to(program, i.target, next, seen)) return true;
        if (i.code == Code::jump) return leads_to(program, i.target, next, seen);
    }
    return false;
}

}  // namespace

std::optional<bool> guard_outcome(const Program& program, unsigned pc, unsigned next) {
    const auto jump = guard_jump(program, pc);
    if (!jump || program.code[*jump].code != Code::jump_unless) return std::nullopt;
    std::vector<bool> seen(program.code.size(), false);
    const bool when_true = leads_to(program, *jump + 1, next, seen);
    std::fill(seen.begin(), seen.end(), false);
    const bool when_false = leads_to(program, program.code[*jump].target, next, seen);
    if (when_true == when_false) return std::nullopt;
    return when_true;
}

}  // namespace cowcheck
