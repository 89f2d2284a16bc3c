#include "verify/selftest/selftest.h"

#include "verify/run/bad_input.h"

#include <algorithm>

namespace cowcheck {

namespace {

// More than any shipped test needs, by far.
constexpr std::uint64_t max_states = 2'000'000;

std::string start_text(const Program& program, const Action& action) {
    const std::string who =
        action.kind == Action::Kind::device ? "pin" : program.world.threads[action.thread].name;
    return who + " " + to_text(program.operations[action.operation].item);
}

SelftestResult run_test(const DesignText& design, const ast::Selftest& test,
                    const SelftestMemory& memory) {
    if (const auto absent = not_applicable(design, test, memory); !absent.empty()) {
        SelftestResult result{&test, &memory, {}, {}, {}, {}, {}};
        const Absent& first = absent.front();
        result.skipped = "no " + to_text(first.item) + (first.why.empty() ? "" : ": " + first.why);
        return result;
    }
    Diagnostics out;
    const auto compiled = compile_selftest(design, test, memory, out);
    if (!compiled || !out.empty())
        throw BadInput("design '" + design.name() + "' in selftest " + test.name + "\n" +
                       to_text(out));
    SelftestResult result{&test, &memory, run_fixed(*compiled, max_states), {}, {}, {}, {}};
    result.fault = why_not_so(*compiled, result.outcome);
    for (const Action& action : result.outcome.schedule)
        if (action.kind != Action::Kind::step)
            result.schedule +=
                (result.schedule.empty() ? "" : ", ") + start_text(compiled->program, action);
    result.failed_at = compiled->actions[result.outcome.step].text;
    return result;
}

}  // namespace

bool SelftestReport::ok() const {
    return std::all_of(results.begin(), results.end(),
                       [](const SelftestResult& result) {
                           return result.ok() || !result.skipped.empty();
                       });
}

SelftestReport selftest(const Library& library, const DesignText& design) {
    SelftestReport report{design.name(), {}};
    for (const ast::Selftest& test : library.selftests())
        for (const SelftestMemory& memory : selftest_memories())
            if (memory.group == test.memory)
                report.results.push_back(run_test(design, test, memory));
    return report;
}

}  // namespace cowcheck
