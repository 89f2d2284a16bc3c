#include "model/compile/menus.h"

namespace cowcheck {

namespace {

// Whether the end can be reached from the entry within the first step.
bool can_be_instant(const Program& program, std::size_t address, bool entered,
                    std::vector<bool>& seen) {
    for (;;) {
        if (address >= program.code.size()) return false;
        const Instruction& i = program.code[address];
        if (i.code == Code::end) return true;
        if (i.code == Code::rest) {
            if (entered && i.a == 0) return false;
            entered = true;
        }
        if (seen[address]) return false;
        seen[address] = true;
        if (i.code == Code::jump) {
            address = i.target;
            continue;
        }
        if ((i.code == Code::jump_if || i.code == Code::jump_unless) &&
            can_be_instant(program, i.target, entered, seen))
            return true;
        ++address;
    }
}

}  // namespace

void fill_menus(Program& program) {
    const auto number_of = [&](const MenuItem& item) {
        for (std::size_t i = 0; i < program.operations.size(); ++i)
            if (program.operations[i].item == item) return static_cast<std::uint16_t>(i);
        return std::uint16_t{0};
    };
    for (OperationCode& operation : program.operations) {
        std::vector<bool> seen(program.code.size(), false);
        operation.can_be_instant = can_be_instant(program, operation.entry, false, seen);
    }
    for (const Thread& thread : program.world.threads) {
        program.menus.emplace_back();
        for (const MenuItem& item : program.world.menu(thread))
            program.menus.back().push_back(number_of(item));
    }
    for (std::size_t i = 0; i < program.operations.size(); ++i)
        if (info(program.operations[i].item.kind).actor == Actor::device)
            program.device_menu.push_back(static_cast<std::uint16_t>(i));
}

}  // namespace cowcheck
