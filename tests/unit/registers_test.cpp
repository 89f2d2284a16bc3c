// The machine does not clear its registers for each step: every program writes one before it
// reads it.
#include "model/compile/flow.h"
#include "model/export/operands.h"
#include "tests/support/models.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bitset>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

using Registers = std::bitset<Reg::count>;

Registers given(std::initializer_list<unsigned> registers) {
    Registers all;
    for (unsigned i = 0; i < Reg::constants; ++i) all.set(Reg::zero + i);
    for (const unsigned one : registers) all.set(one);
    return all;
}

// Addresses where a register is read that was not written on every way there, up to the next
// rest; where a handler goes on from a rest, nothing is known but what it is given again.
// `entering`: the first rest on the way is where the first step begins.
std::string reads_too_early(const Program& program, std::size_t start, bool entering,
                            const Registers& first) {
    using Place = std::pair<std::size_t, bool>;  // address, still entering
    std::map<Place, Registers> known{{{start, entering}, first}};
    std::vector<Place> work{{start, entering}};
    std::string early;
    while (!work.empty()) {
        const Place place = work.back();
        work.pop_back();
        auto [at, enters] = place;
        const Instruction& i = program.code[at];
        Registers registers = known.at(place);
        if (i.code == Code::rest && at != start && !enters) continue;
        if (i.code == Code::rest) enters = false;
        const promela::Operands operands = promela::operands(i.code);
        const bool plain_end = i.code == Code::end && static_cast<EndOf>(i.imm) != EndOf::gup;
        if ((operands.a && !plain_end && !registers[i.a]) || (operands.b && !registers[i.b]) ||
            (operands.c && !registers[i.c]))
            early += std::to_string(at) + " ";
        if (operands.result) registers.set(i.a);
        for (const std::uint16_t next : successors(i, at)) {
            const auto [there, fresh] = known.try_emplace(Place{next, enters}, registers);
            const Registers both = there->second & registers;
            if (!fresh && both == there->second) continue;
            there->second = both;
            work.emplace_back(next, enters);
        }
    }
    return early;
}

std::string reads_too_early(const Program& program) {
    std::string early;
    const Registers of_step = given({Reg::mm, Reg::va, Reg::pin});
    for (const OperationCode& operation : program.operations)
        early += reads_too_early(program, operation.entry, true, of_step);
    for (std::size_t pc = 1; pc < program.rests.size(); ++pc) {
        const Rest& rest = program.rests[pc];
        const OperationKind kind = program.operations[rest.operation].item.kind;
        if (info(kind).actor != Actor::device)  // whose operations are one step
            early += reads_too_early(program, rest.address, false, of_step);
    }
    const auto check = [&](const CheckCode& code, const Registers& names) {
        for (const std::uint16_t entry : {code.entry, code.quick})
            if (entry != 0xffff) early += reads_too_early(program, entry, false, names);
    };
    for (const CheckCode& code : program.on_event)
        check(code, given({Reg::mm, Reg::va, Reg::pin, Reg::page, Reg::writes}));
    check(program.always, given({Reg::page, Reg::writes}));
    return early;
}

}  // namespace

TEST_CASE("no handler and no check reads a register before it is written") {
    Library& library = builtin_library();
    const auto designs = sanitized ? all_designs : library.design_names();
    for (const std::string& world : library.world_names())
        for (const std::string& design : designs) {
            CAPTURE(world);
            CAPTURE(design);
            CHECK(reads_too_early(compiled(design, world)) == "");
        }
}

TEST_CASE("a register that is read too early would be seen") {
    Program program = compiled("v5.9", "tiny");
    REQUIRE(reads_too_early(program) == "");
    const auto load = std::find_if(program.code.begin(), program.code.end(),
                                   [](const Instruction& i) { return i.code == Code::load; });
    load->b = Reg::zero - 1;
    CHECK(reads_too_early(program) != "");
}
