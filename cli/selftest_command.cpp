#include "cli/selftest_command.h"

#include "checker/fixed_program.h"
#include "cli/bad_input.h"
#include "cli/fault.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/run.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace cowcheck {

namespace {

using What = FixedOutcome::What;
using Json = nlohmann::ordered_json;

// More than any shipped test needs, by far.
constexpr std::uint64_t max_states = 2'000'000;

struct TestResult {
    const ast::Selftest* test = nullptr;
    const SelftestMemory* memory = nullptr;
    FixedOutcome outcome;
    std::string schedule;  // why it fails: the operations in the order of their start
    std::string failed_at;
    std::string fault;  // of cowcheck, whose schedule does not fail: no verdict

    // cow.c knows that vmsplice() of hugetlb memory leaks, and says so.
    [[nodiscard]] bool known_leak() const {
        return fault.empty() && outcome.what != What::passes && memory->hugetlb &&
               !test->leak.empty();
    }
    [[nodiscard]] bool ok() const {
        return fault.empty() && (outcome.what == What::passes || known_leak());
    }
};

std::string start_text(const Program& program, const Action& action) {
    const std::string who =
        action.kind == Action::Kind::device ? "pin" : program.world.threads[action.thread].name;
    return who + " " + to_text(program.operations[action.operation].item);
}

TestResult run_test(const DesignText& design, const ast::Selftest& test,
                    const SelftestMemory& memory) {
    Diagnostics out;
    const auto compiled = compile_selftest(design, test, memory, out);
    if (!compiled || !out.empty())
        throw BadInput("design '" + design.name() + "' in selftest " + test.name + "\n" +
                       to_text(out));
    TestResult result{&test, &memory, run_fixed(*compiled, max_states), {}, {}, {}};
    result.fault = why_not_so(*compiled, result.outcome);
    for (const Action& action : result.outcome.schedule)
        if (action.kind != Action::Kind::step)
            result.schedule +=
                (result.schedule.empty() ? "" : ", ") + start_text(compiled->program, action);
    result.failed_at = compiled->actions[result.outcome.step].text;
    return result;
}

std::vector<TestResult> run_all(const Library& library, const DesignText& design) {
    std::vector<TestResult> results;
    for (const ast::Selftest& test : library.selftests())
        for (const SelftestMemory& memory : selftest_memories())
            if (memory.group == test.memory) results.push_back(run_test(design, test, memory));
    return results;
}

std::string reason(const TestResult& result) {
    if (!result.fault.empty()) return "a fault of cowcheck: " + result.fault;
    switch (result.outcome.what) {
    case What::fails: return "fails at '" + result.failed_at + "'";
    case What::asserts: return "an assertion of the design fails at '" + result.failed_at + "'";
    case What::stuck: return "can't go on after '" + result.failed_at + "'";
    case What::limit: return "too many states to tell";
    case What::passes: break;
    }
    return {};
}

std::string ktap_lines(const TestResult& result, std::size_t number, const std::string& indent) {
    const std::string n = std::to_string(number);
    std::string text = indent + "# [RUN] " + result.test->title;
    if (!result.memory->name.empty()) text += " ... with " + std::string(result.memory->name);
    text += "\n";
    if (result.outcome.what != What::passes)
        text += indent + "# " + reason(result) + ", " +
                std::to_string(result.outcome.schedule.size()) + " steps: " + result.schedule +
                "\n";
    if (!result.fault.empty())
        return text + indent + "not ok " + n + " " + result.test->result + " # ERROR\n";
    if (result.known_leak())
        return text + indent + "ok " + n + " # XFAIL " + result.test->leak + "\n";
    return text + indent + (result.ok() ? "ok " : "not ok ") + n + " " + result.test->result + "\n";
}

// One design's tests, indented if it is one of several.
std::string ktap(const std::vector<TestResult>& results, const std::string& design,
                 const std::string& indent) {
    std::string text = indent + "KTAP version 1\n";
    text += indent + (indent.empty() ? "# " : "# Subtest: ") + design + "\n";
    text += indent + "1.." + std::to_string(results.size()) + "\n";
    std::size_t passed = 0;
    std::size_t expected = 0;
    std::size_t errors = 0;
    for (std::size_t i = 0; i < results.size(); ++i) {
        text += ktap_lines(results[i], i + 1, indent);
        expected += results[i].known_leak() ? 1U : 0U;
        errors += results[i].fault.empty() ? 0U : 1U;
        passed += results[i].outcome.what == What::passes ? 1U : 0U;
    }
    return text + indent + "# Totals: pass:" + std::to_string(passed) +
           " fail:" + std::to_string(results.size() - passed - expected - errors) +
           " xfail:" + std::to_string(expected) +
           " xpass:0 skip:0 error:" + std::to_string(errors) + "\n";
}

Json json(const std::vector<TestResult>& results) {
    Json tests = Json::array();
    for (const TestResult& result : results) {
        Json test{{"case", result.test->name},
                  {"title", result.test->title},
                  {"memory", std::string(result.memory->name)},
                  {"ok", result.ok()},
                  {"known_leak", result.known_leak()},
                  {"states", result.outcome.states}};
        if (!result.fault.empty()) test["ok"] = nullptr;
        if (result.outcome.what != What::passes) {
            test["reason"] = reason(result);
            test["steps"] = result.outcome.schedule.size();
            test["schedule"] = result.schedule;
        }
        tests.push_back(std::move(test));
    }
    return tests;
}

}  // namespace

int selftest(const SelftestOptions& options) {
    Library library = load_library();
    CheckOptions wanted;
    wanted.designs = options.designs;
    const Selection selection = select(library, wanted);
    const bool nested = selection.designs.size() > 1;
    bool all_ok = true;
    std::vector<Fault> faults;
    std::string text =
        nested ? "KTAP version 1\n1.." + std::to_string(selection.designs.size()) + "\n" : "";
    Json designs = Json::array();
    for (std::size_t i = 0; i < selection.designs.size(); ++i) {
        const std::string& name = selection.designs[i];
        const auto results = run_all(library, find_design(library, name));
        const bool ok = std::all_of(results.begin(), results.end(),
                                    [](const TestResult& result) { return result.ok(); });
        all_ok = all_ok && ok;
        for (const TestResult& result : results)
            if (!result.fault.empty())
                faults.push_back({name, "selftest", result.test->name,
                                  result.fault + " (" + std::string(result.memory->name) + ")"});
        text += ktap(results, name, nested ? "    " : "");
        if (nested) text += (ok ? "ok " : "not ok ") + std::to_string(i + 1) + " " + name + "\n";
        designs.push_back({{"design", name}, {"ok", ok}, {"tests", json(results)}});
    }
    if (options.format == SelftestOptions::Format::json)
        text = Json{{"version", 1}, {"designs", designs}}.dump(2) + "\n";
    print(text);
    for (const Fault& fault : faults) report_fault(library, fault, ".");
    if (!faults.empty()) return ExitStatus::fault;
    return all_ok ? ExitStatus::no_violation : ExitStatus::violation;
}

}  // namespace cowcheck
