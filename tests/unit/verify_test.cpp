// What is announced has a schedule that does it, step by step; everything else is a fault.
#include "traces/verify.h"

#include "checker/prove/evaluate.h"
#include "checker/prove/setting.h"
#include "cli/formats/gate.h"
#include "cli/terminal/fault.h"
#include "model/language/parse.h"
#include "model/machine/lost_schedule.h"
#include "tests/support/models.h"
#include "tests/support/trace_setup.h"
#include "traces/retell.h"
#include "verify/gate/report.h"
#include "verify/program/conditions.h"
#include "verify/run/check_run.h"
#include "verify/run/counterexample.h"
#include "verify/run/status.h"
#include "verify/selftest/selftest.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <set>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

// v5.9 in the default world, and its violation of a R/W pin by three operations.
struct Violated {
    Program plain = compiled("v5.9", "default");
    Program joined = compiled("v5.9", "default", true);
    Explorer explorer{joined, {}};
    unsigned property = 0;

    Violated() {
        while (property_name(plain, property) != "rw_pin_matches_mapping") ++property;
        const Stop stop;
        while (explorer.depth() < 3) REQUIRE(explorer.deepen(stop) == StopReason::none);
    }
    const Violation& violation() const {
        for (const Violation& one : explorer.violations())
            if (one.property == property) return one;
        FAIL("it is not violated");
        return explorer.violations().front();
    }
    std::string why(const std::vector<Action>& schedule, unsigned operations = 3,
                    unsigned concurrency = 2) const {
        return why_not_so(plain, schedule, {property, operations, concurrency});
    }
};

bool says(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a schedule is verified only if it does just what is claimed") {
    const Violated v;
    const std::vector<Action> right = v.explorer.trace(v.violation());
    CHECK(v.why(right) == "");
    CHECK(says(v.why(right, 4), "it takes 3 operations, and not 4"));
    CHECK(says(v.why(right, 3, 1), "more than 1 operation"));
    const unsigned other = v.property == 0 ? 1 : 0;
    CHECK(says(why_not_so(v.plain, right, {other, 3, 2}), "at their end nothing is violated"));

    std::vector<Action> shorter = right;
    shorter.pop_back();
    CHECK(says(v.why(shorter), "at their end nothing is violated"));
    CHECK(says(v.why({}), "nothing is violated"));
    // Whatever single step is missing or stands in another's place: never another verdict, and
    // never a step that is not there.
    for (std::size_t i = 0; i < right.size(); ++i) {
        std::vector<Action> doctored = right;
        doctored[i].thread = 99;
        CHECK(says(v.why(doctored), "is not possible"));
        doctored[i] = right[i];
        if (doctored[i].kind != Action::Kind::step) {
            doctored.erase(doctored.begin() + static_cast<std::ptrdiff_t>(i));
            CHECK(v.why(doctored) != "");
        }
    }
}

TEST_CASE("a schedule that can't be followed is an error, and nothing goes on with the rest") {
    const Violated v;
    Violation nowhere = v.violation();
    nowhere.state.words[0] ^= 1U;  // a state that nobody has stored
    CHECK_THROWS_AS((void)v.explorer.schedule(nowhere), LostSchedule);
    Violation no_such_action = v.violation();
    no_such_action.property = 30;  // no step violates it
    no_such_action.action = Action{};
    CHECK_THROWS_AS((void)v.explorer.schedule(no_such_action), LostSchedule);
    Violation too_soon = v.violation();
    REQUIRE(too_soon.state_transitions > 2);
    too_soon.state_transitions -= 2;
    CHECK_THROWS_AS((void)v.explorer.schedule(too_soon), LostSchedule);
}

TEST_CASE("a schedule that can't be told in the whole design is an error") {
    const Violated v;
    std::vector<Action> schedule = v.explorer.trace(v.violation());
    CHECK(retell(v.plain, v.plain, schedule) == schedule);
    const Program other = compiled("v6.2", "default");  // whose handlers are others
    CHECK_THROWS_AS((void)retell(other, v.plain, schedule), LostSchedule);
}

TEST_CASE("what must be reached has a schedule, the same for any number of threads") {
    Diagnostics out;
    PropertySet own;
    own.files.push_back(std::make_unique<SourceFile>(
        SourceFile{"own.cow", "property own safety\n    \"own\"\n    source \"own\"\n"
                              "    sometimes for each pin: pin.held\n"}));
    auto tree = parse_properties(*own.files.back(), out);
    REQUIRE_MESSAGE(tree, to_text(out));
    own.properties = std::move(tree->properties);
    const auto text = builtin_library().design("v5.9", out);
    const auto plain = compile(*text, own, world_of("direct-io"), out);
    REQUIRE_MESSAGE(plain, to_text(out));
    Program joined = *plain;
    reduce_steps(joined);
    std::optional<Violation> first;
    for (const unsigned threads : {1U, 2U, 4U})
        for (const bool symmetry : {true, false}) {
            Explorer explorer(joined, {.threads = threads, .symmetry = symmetry});
            const Stop stop;
            while (explorer.depth() < 2) REQUIRE(explorer.deepen(stop) == StopReason::none);
            REQUIRE(explorer.reached() == 1);
            REQUIRE(explorer.reached_at().size() == 1);
            const Violation& where = explorer.reached_at().front();
            CHECK(where.operations == 1);
            CHECK(why_not_so(*plain, explorer.trace(where), {0, 1, 2}) == "");
            if (symmetry && first) CHECK(where.state.words == first->state.words);
            if (symmetry) first = where;
        }
}

TEST_CASE("a run has no verdict about what is a fault, and goes on with the others") {
    RunOptions options;
    options.bounds.depth = 4;
    Diagnostics out;
    CheckRun run(*builtin_library().design("v5.9", out), builtin_library().properties(), true,
                 world_of("default"), options);
    run.begin(1);
    std::size_t place = 0;
    while (run.program().properties[place].name != "rw_pin_matches_mapping") ++place;
    const Stop stop;
    RunResult result;
    std::vector<std::size_t> fresh;
    for (int level = 0; run.wants_more(); ++level) {
        REQUIRE(run.deepen(stop) == StopReason::none);
        if (level == 1) run.set_fault(place, "doctored");
        run.conclude(result, fresh);
    }
    CHECK(result.properties[place].verdict == Verdict::fault);
    CHECK(result.properties[place].fault == "doctored");
    CHECK(run.violation_of(place) == nullptr);
    CHECK(run.fault_of(place) == "doctored");
    std::size_t violated = 0;
    for (std::size_t i = 0; i < result.properties.size(); ++i) {
        if (result.properties[i].verdict == Verdict::violated) {
            ++violated;
            CHECK(run.violation_of(i) != nullptr);
            CHECK(run.fault_of(i).empty());
        }
        CHECK(result.properties[i].verdict != Verdict::incomplete);
    }
    CHECK(violated >= 4);
    CheckResults results;
    results.runs.push_back(result);
    CHECK(results.has_fault());
}

TEST_CASE("a gate with a fault has status 4, whatever else it found") {
    GateReport report;
    Comparison worse;
    worse.change = Change::worse;
    report.comparisons.push_back(worse);
    CHECK(report.exit_status() == ExitStatus::violation);
    Comparison fault;
    fault.fault = "doctored";
    report.comparisons.push_back(fault);
    CHECK(report.exit_status() == ExitStatus::fault);
    CHECK(says(summary_line(report), "1 of them by a fault of cowcheck"));
}

TEST_CASE("what is saved has the command, the version and every text") {
    const char* const arguments[] = {"cowcheck", "--design", "a b.cow"};
    remember_command(3, arguments);
    const Fault fault{"v5.9", "tiny", "no_foreign_data", "doctored"};
    const std::string text = fault_text(builtin_library(), fault);
    CHECK(says(text, "command: cowcheck --design 'a b.cow'"));
    CHECK(says(text, "what:    doctored"));
    CHECK(says(text, "design:  v5.9"));
    Diagnostics out;
    const auto design = builtin_library().design("v5.9", out);
    for (const auto& one : design->chain)
        for (const SourceFile* file : one->files()) CHECK(says(text, file->text));
    CHECK(says(text, *builtin_library().world_text("tiny")));
    CHECK(says(text, builtin_library().properties().files.front()->text));

    const auto folder = std::filesystem::temp_directory_path() /
                        ("cowcheck-fault-test-" + std::to_string(std::random_device{}()));
    std::filesystem::create_directory(folder);
    report_fault(builtin_library(), fault, folder.string());
    std::ifstream saved(folder / "fault-v5.9-tiny-no_foreign_data.txt");
    CHECK(std::string(std::istreambuf_iterator<char>(saved), {}) == text);
    std::filesystem::remove_all(folder);
}

TEST_CASE("no two results have one name") {
    std::set<std::string> names;
    std::size_t results = 0;
    const std::vector<std::string> words{"x",
                                         "x-a",
                                         "a-b",
                                         "a",
                                         "b",
                                         "xu",
                                         "xu-2020",
                                         "xu-2020-v1",
                                         "xu-2020-v1-default",
                                         "2020-v1-default",
                                         "v1-default",
                                         "v5.9",
                                         "v5.9-a",
                                         "-",
                                         "--",
                                         "x-",
                                         "-a"};
    for (const std::string& design : words)
        for (const std::string& world : words)
            for (const std::string property : {"p", "no_deadlock"}) {
                ++results;
                CHECK(names.insert(result_name(design, world, property)).second);
            }
    CHECK(names.size() == results);
    for (const std::string& design : builtin_library().design_names())
        for (const std::string& world : builtin_library().world_names())
            CHECK(result_name(design, world, "p") == design + "-" + world + "-p");
}

TEST_CASE("a selftest's outcome is what its schedule does") {
    Diagnostics out;
    std::size_t shown = 0;
    const std::vector<LoadedProgram> tests = load_selftests();
    for (const char* name : {"v5.7", "v6.1"}) {
        const auto design = builtin_library().design(name, out);
        for (const LoadedProgram& test : tests)
            for (const ProgramMemory& memory : program_memories()) {
                if (memory.group != test.text.memories) continue;
                const ProgramStart start{&memory, nullptr};
                if (!not_applicable(*design, test.text, start).empty()) continue;
                const auto plan = plan_program(*design, test.text, start, out);
                REQUIRE_MESSAGE(plan, to_text(out));
                const ProgramConditions conditions(test.text, *plan, out);
                const ProgramRun run = run_program(
                    *plan,
                    {200'000, [&](const SeenAll& seen) { return conditions.broken(seen); }, {}});
                if (!run.failure) continue;
                ++shown;
                ProgramFailure failure = *run.failure;
                CHECK(why_not_so(*plan, test.text, failure) == "");
                failure.schedule.pop_back();
                CHECK(why_not_so(*plan, test.text, failure) != "");
                failure = *run.failure;
                failure.schedule.front().action.thread = 99;
                CHECK(says(why_not_so(*plan, test.text, failure), "is not possible"));
                failure = *run.failure;
                failure.what = failure.what == ProgramFailure::What::asserts
                                   ? ProgramFailure::What::stuck
                                   : ProgramFailure::What::asserts;
                CHECK(why_not_so(*plan, test.text, failure) != "");
                failure = *run.failure;
                ++failure.condition;
                CHECK(why_not_so(*plan, test.text, failure) != "");
            }
    }
    CHECK(shown > 10);
}

TEST_CASE("a solver's witness is believed only if the design's own text agrees") {
    Diagnostics out;
    std::size_t witnesses = 0;
    for (const char* name : {"v5.7", "v5.9", "v5.19"}) {
        const auto design = builtin_library().design(name, out);
        const prove::Report report = prove::prove_guards(*design, {});
        CHECK(report.faults().empty());
        for (const prove::GuardReport& guard : report.guards)
            for (const prove::Finding& finding : guard.findings) {
                if (!finding.answer.witness) continue;
                ++witnesses;
                const prove::Setting setting{*design,       guard.guard,     guard.claim,
                                             finding.folio, finding.numbers, report.anon_exclusive};
                prove::Witness doctored = *finding.answer.witness;
                CHECK(prove::why_not_so(setting, finding.subject, doctored) == "");
                ++doctored.refcount;
                CHECK(says(prove::why_not_so(setting, finding.subject, doctored),
                           "its references are"));
                doctored = *finding.answer.witness;
                const auto opposite =
                    finding.subject == prove::Subject::sound      ? prove::Subject::complete
                    : finding.subject == prove::Subject::complete ? prove::Subject::sound
                    : finding.subject == prove::Subject::false_negative
                        ? prove::Subject::false_positive
                        : prove::Subject::false_negative;
                CHECK(says(prove::why_not_so(setting, opposite, doctored), "and right"));
                doctored.parts.clear();
                CHECK(prove::why_not_so(setting, finding.subject, doctored) != "");
            }
    }
    CHECK(witnesses > 20);
}
