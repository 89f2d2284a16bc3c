#include "model/compile/balance.h"

#include "model/compile/flow.h"
#include "model/isa/effects.h"

#include <optional>
#include <vector>

namespace cowcheck {

namespace {

class Balance {
public:
    Balance(const Program& program, Field field)
        : p_(program), field_(field), added_(program.code.size()) {}

    bool holds() {
        for (const OperationCode& operation : p_.operations) reach(operation.entry, false);
        while (balanced_ && !work_.empty()) {
            const std::size_t at = work_.back();
            work_.pop_back();
            visit(at);
        }
        return balanced_;
    }

private:
    void reach(std::size_t at, bool added) {
        if (at >= p_.code.size() || is_oops(p_.code, at))
            return;  // it stays there, with what it has
        if (!added_[at]) {
            added_[at] = added;
            work_.push_back(at);
        }
        balanced_ = balanced_ && *added_[at] == added;
    }

    void visit(std::size_t at) {
        const Instruction& i = p_.code[at];
        const Effects effects = effects_of(i);
        bool added = *added_[at];
        if (i.code == Code::add_field || i.code == Code::sub_field) {
            if (static_cast<Field>(i.c) == field_) {
                const bool adds = i.code == Code::add_field;
                balanced_ = balanced_ && added != adds && i.b == Reg::mm && is_one(at, i.a);
                added = adds;
            }
        } else if ((effects.writes & (FieldSet{1} << static_cast<unsigned>(field_))) != 0) {
            // A process that is gone has none, and nobody else works in it.
            balanced_ = balanced_ && !added && i.code == Code::end_mm;
        }
        const bool leaves = i.code == Code::end || (effects.results & Operand::mm) != 0 ||
                            (i.code == Code::move && i.a == Reg::mm);
        balanced_ = balanced_ && !(leaves && added);
        for (const std::uint16_t next : successors(i, at)) reach(next, added);
    }

    // Whether the register was set to 1 right before.
    [[nodiscard]] bool is_one(std::size_t at, std::uint8_t reg) const {
        if (reg == Reg::zero + 1) return true;
        const Instruction* before = at > 0 ? &p_.code[at - 1] : nullptr;
        return before != nullptr && before->code == Code::imm && before->a == reg &&
               before->imm == 1;
    }

    const Program& p_;
    Field field_;
    bool balanced_ = true;
    std::vector<std::optional<bool>> added_;  // by address: before that instruction
    std::vector<std::size_t> work_;
};

}  // namespace

bool is_balanced(const Program& program, Field field) { return Balance(program, field).holds(); }

}  // namespace cowcheck
