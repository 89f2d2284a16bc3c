#include "model/compile/passes.h"

#include "model/compile/checks.h"
#include "model/compile/ghosts.h"
#include "model/compile/join.h"
#include "model/compile/layout.h"
#include "model/compile/loops.h"
#include "model/compile/menus.h"
#include "model/compile/merge_rests.h"
#include "model/compile/operations.h"
#include "model/compile/start_state.h"
#include "model/compile/wellformed.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace cowcheck {

namespace {

void run_operations(const Compilation& all) {
    (void)compile_operations(all.emitter, all.design, all.world);
}

void run_proofs(const Compilation& all) {
    apply_proofs(all.emitter, all.design, all.world,
                 all.options.trust_counts && can_trust_counts(all.world));
}

// It only told where pages are asked for.
void forget_questions(const Compilation& all) {
    for (Instruction& instruction : all.emitter.program().code)
        if (instruction.code == Code::frame) instruction.imm = 0;
}

void run_parts(const Compilation& all) { add_parts_of_text(all.emitter.program()); }

void run_checks(const Compilation& all) {
    compile_checks(all.emitter, all.properties, all.options.decided);
}

// Of where a thread rests, a state keeps 12 bits.
void complain_of_steps(Emitter& emitter, const Program& program) {
    constexpr std::size_t most = info(Field::pc).mask();
    if (program.rests.size() <= most) return;
    std::vector<std::size_t> steps(program.operations.size());
    for (std::size_t rest = 1; rest < program.rests.size(); ++rest)
        ++steps[program.rests[rest].operation];
    const auto longest = std::max_element(steps.begin(), steps.end());
    const OperationCode& operation =
        program.operations[static_cast<std::size_t>(longest - steps.begin())];
    emitter.complain(operation.span,
                     "operation '" + to_text(operation.item) + "' has " + std::to_string(*longest) +
                         " steps, with what it calls; all operations of a world have room for " +
                         std::to_string(most - 1) + " and need " +
                         std::to_string(program.rests.size() - 1),
                     "put statements that nobody can come between into atomic { }");
}

void run_rests(const Compilation& all) {
    drop_unreached_rests(all.emitter.program());
    complain_of_steps(all.emitter, all.emitter.program());
}

void run_loops(const Compilation& all) { find_loops(all.emitter.program()); }

void run_places(const Compilation& all) { place(all.emitter, all.design.design().span); }

void note_searches(const Compilation& all) {
    Program& program = all.emitter.program();
    for (const Instruction& instruction : program.code) {
        program.searches |= instruction.code == Code::twin;
        program.orders_processes |=
            instruction.code == Code::twin || instruction.code == Code::next_mapping;
    }
}

// The ways to pages that states of the program can have, of those that are asked for.
WaysUsed ways_of(const Program& program) {
    const auto is_there = [&](const WayRow& row) {
        switch (row.where.value) {
        case Where::always: return true;
        case Where::has_field: return program.layout.has(row.slots.value.field);
        case Where::thp: return program.layout.has(Field::compound);
        case Where::migration: return program.world.migration();
        case Where::swap: return program.world.swap();
        case Where::search: return program.searches;
        }
        return false;
    };
    WaySet there = 0;
    for (const WayRow& row : way_table)
        if (is_there(row)) there |= ways(row.way.value);
    WaysUsed used = ways_asked_for;
    for (const WayUse& use : way_uses) used.*use.of &= there;
    return used;
}

void run_ways(const Compilation& all) {
    all.emitter.program().ways = ways_of(all.emitter.program());
}

void run_ghosts(const Compilation& all) {
    all.emitter.program().unread_ghosts = find_unread_ghosts(all.emitter.program());
}

void run_access(const Compilation& all) { fill_access(all.emitter.program()); }
void run_start(const Compilation& all) { fill_start(all.emitter.program()); }
void run_menus(const Compilation& all) { fill_menus(all.emitter.program()); }

constexpr auto pass_table = std::to_array<Pass>({
    {"operations", "handlers to instructions, for each item of the menus", run_operations,
     wrong_code},
    {"page proofs", "which pages need not be asked for, and the code again", run_proofs,
     wrong_code},
    {"questions", "forgets the marks that the proofs went by", forget_questions, wrong_questions},
    {"parts", "fields that only this text has", run_parts, wrong_strides},
    {"checks", "properties to instructions", run_checks, wrong_checks},
    {"rests", "drops the rests that no operation reaches", run_rests, wrong_rests},
    {"loops", "where handlers can go round", run_loops, wrong_loops},
    {"places", "where the fields stand in a state", run_places, wrong_places},
    {"searches", "whether pages are found by their content, processes by their order",
     note_searches, wrong_searches},
    {"ways", "which ways to a page there are", run_ways, wrong_ways},
    {"ghosts", "ghosts that nobody asks for", run_ghosts, wrong_ghosts},
    {"access", "shifts and masks of the fields", run_access, wrong_access},
    {"start", "the state in which all begins", run_start, wrong_start},
    {"menus", "who may start what", run_menus, wrong_menus},
});

constexpr auto reduction_table = std::to_array<Reduction>({
    {"merge", "one rest of those that are bisimilar", merge_rests, wrong_rests},
    {"merged loops", "where handlers can go round, again", find_loops, wrong_loops},
    {"join", "marks steps that nobody can see between", join_steps, wrong_movers},
});

}  // namespace

const std::span<const Pass> passes = pass_table;
const std::span<const Reduction> reductions = reduction_table;

void require(std::string_view pass, const std::string& wrong) {
    if (!wrong.empty())
        throw std::logic_error("compiling, behind pass '" + std::string(pass) + "': " + wrong);
}

void reduce_steps(Program& program) {
    for (const Reduction& reduction : reductions) {
        reduction.run(program);
        if (verifies_passes) require(reduction.name, reduction.wrong(program));
    }
}

}  // namespace cowcheck
