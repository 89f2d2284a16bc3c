// Traces: recorded, written as JSON and read again.
#include "tests/support/scenario.h"
#include "tests/support/trace_setup.h"
#include "traces/digest.h"
#include "traces/trace_json.h"
#include "traces/view.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>

using namespace cowcheck;
using namespace cowcheck::test;
using Json = nlohmann::ordered_json;

namespace {

// A look at what one reads of a step.
const TraceStep& step_with(const Trace& trace, const std::string& statement) {
    const auto found =
        std::find_if(trace.steps.begin(), trace.steps.end(),
                     [&](const TraceStep& step) { return step.statement.text == statement; });
    REQUIRE_MESSAGE(found != trace.steps.end(), statement);
    return *found;
}

std::vector<std::string> changes_of(const TraceStep& step) {
    std::vector<std::string> lines;
    for (const StateChange& change : step.changes) lines.push_back(to_text(change));
    return lines;
}

std::string error_of(const Json& value) {
    return trace_from_json(value.dump(), "trace.json").error;
}

}  // namespace

TEST_CASE("a trace of the vmsplice leak tells what leaked and how") {
    Setup setup;
    const Trace trace = vmsplice_leak(setup);
    CHECK(trace.header.design.name == "v5.7");
    CHECK(trace.header.design.digest == design_digest(setup.design("v5.7")));
    CHECK(trace.header.property.meaning.starts_with("no pin or mapping shows data"));
    CHECK(trace.operations == 5);
    CHECK(to_text(trace.steps.front().call) == "fork");
    CHECK(trace.steps.front().thread == "cpu0");
    CHECK(trace.steps.front().process == "parent");
    const TraceStep& last = trace.steps.back();
    CHECK(last.kind == StepKind::device);
    CHECK(last.operation == 5);
    REQUIRE(last.events.size() == 1);
    CHECK(last.events[0].value == "P1");
    CHECK(last.events[0].page == "A");
    CHECK(trace.explanation ==
          "the holder of pin0 reads P1 from page A; parent wrote that, and child, for whom the "
          "pin was taken, is not entitled to it");
}

TEST_CASE("a step names its handlers, its statement, its guard and what it changes") {
    Setup setup;
    const Trace trace = vmsplice_leak(setup);
    const TraceStep& protect = step_with(trace, "pte = pte with { writable = false }");
    CHECK(to_text(protect.handlers) == "fork > copy_one_pte");
    CHECK(protect.place.file == "v5.7.cow");
    CHECK_FALSE(protect.guard);
    CHECK(changes_of(protect) == Lines{"parent.pte[0].writable: yes -> no"});
    CHECK(changes_of(step_with(trace, "get page")) == Lines{"page A.refcount: 1 -> 2"});
    const TraceStep& guard = step_with(
        trace, "if page.mapcount == 1 and rest_mapped_once(page) and (not page.swapcache or "
               "swap_slot.refcount == 1)");
    CHECK(to_text(guard.handlers) == "write > fault write > do_wp_page");
    CHECK(guard.guard == true);
    CHECK(guard.changes.empty());
    CHECK(step_with(trace, "if orig.uffd_wp").guard == false);
}

TEST_CASE("values are named after who made them") {
    Setup setup;
    Script script(setup, "v5.7");
    script.run("cpu0", "gup(write, pin)").run("cpu0", "write").run("cpu1", "write");
    CHECK(script.runner().values().in_frame(0) == "P2");
    script.start("device", "dma_write").run("cpu0", "fork").run("cpu2", "write");
    const ValueNames& values = script.runner().values();
    CHECK(values.in_frame(0) == "D1");
    CHECK(values.in_frame(1) == "C1");
    CHECK(values.expected(0) == "D1");
    CHECK(values.expected(1) == "C1");
    CHECK(values.author("C1") == "child");
    CHECK(values.author("D1") == "the device");
    CHECK(values.author("0").empty());
}

TEST_CASE("recording stops where the property is violated first") {
    Setup setup;
    Script script(setup, "v5.8");
    script.run("monitor", "uffd_wp_protect").start("cpu0", "gup(read, get)").go_on("cpu0", 12);
    script.run("cpu1", "read");
    const Trace whole = script.record("no_deadlock");
    const Trace trace = script.record("uffd_wp_no_spurious_event");
    CHECK(whole.explanation.empty());
    CHECK(whole.steps.size() > trace.steps.size());
    CHECK(trace.steps.back().events.front().kind == EventKind::userfault);
    CHECK(trace.explanation.find("gup(read, get) of cpu0 does not write") != std::string::npos);
}

TEST_CASE("recording refuses a schedule that is not possible") {
    Setup setup;
    const Program program = setup.program(setup.design("v5.7"), "pair");
    const TraceHeader header = setup.header(setup.design("v5.7"), "pair", "no_foreign_data");
    const std::vector<Action> idle{{Action::Kind::step, 0, 0, 0, 0, 0}};
    CHECK_THROWS_AS((void)record(program, header, idle, setup.library.properties()),
                    std::invalid_argument);
    const std::vector<Action> nonsense{{Action::Kind::step, 77, 0, 0, 0, 0}};
    CHECK_THROWS_AS((void)record(program, header, nonsense, setup.library.properties()),
                    std::invalid_argument);
}

TEST_CASE("the view of a state names everything that exists") {
    Setup setup;
    Script script(setup, "v5.9");
    script.run("cpu0", "gup(write, pin)");
    const std::string text = to_text(script.runner().view());
    CHECK(text.find("parent.pte[0]: present, page A, writable, dirty, soft_dirty\n") !=
          std::string::npos);
    CHECK(text.find("page A: anonymous, refcount 1025, mapcount 1, value P0") != std::string::npos);
    CHECK(text.find("pin0: held, write, foll_pin, mm parent, va 0, page A") != std::string::npos);
    CHECK(text.find("page B") == std::string::npos);
}

TEST_CASE("an entry that is not present is told by what its bits say there") {
    Scenario swapped("v5.19", "swap");
    swapped.start("kernel", "swap_out").until("kernel", "write page to swap");
    CHECK(pte_text(swapped.program(), swapped.pte(0)) == "swap entry soft_dirty exclusive");
    const View seen = view(swapped.program(), swapped.state(), ValueNames(swapped.program()));
    const auto pte = std::find_if(seen.begin(), seen.end(), [](const ViewElement& element) {
        return element.name == "parent.pte[0]";
    });
    REQUIRE(pte != seen.end());
    const auto says = [&](std::string_view field) {
        const auto found = std::find_if(pte->fields.begin(), pte->fields.end(),
                                        [&](const ViewField& f) { return f.name == field; });
        return found != pte->fields.end() && found->value == FieldValue(true);
    };
    CHECK(says("swap"));
    CHECK_FALSE(says("huge"));  // the same bit as `exclusive`

    Scenario shared("v5.19", "migration-fork");
    shared.start("kernel", "migrate", 0, 0).until("kernel", "if page.mapcount == 0");
    CHECK(pte_text(shared.program(), shared.pte(0)) == "migration entry of A writable soft_dirty");
    shared.finish("kernel");
    CHECK(pte_text(shared.program(), shared.pte(0)) == "B writable soft_dirty");
}

TEST_CASE("a trace is the same after it was written and read again") {
    Setup setup;
    const Trace trace = vmsplice_leak(setup);
    const std::string text = to_json(trace);
    CHECK(text.ends_with("}\n"));
    CHECK(text == to_json(trace));
    const ParsedTrace read = trace_from_json(text, "trace.json");
    REQUIRE_MESSAGE(read.trace, read.error);
    CHECK(*read.trace == trace);
    CHECK(to_json(*read.trace) == text);
}

TEST_CASE("a damaged trace gives one message that names the place") {
    Setup setup;
    const Json good = Json::parse(to_json(vmsplice_leak(setup)));
    struct Damage {
        const char* where;
        Json value;
        const char* message;
    };
    const std::vector<Damage> damages{
        {"/format", 3, "format: version 3 is unknown; this cowcheck reads versions 1 to 2"},
        {"/format", 0, "format: version 0 is unknown; this cowcheck reads versions 1 to 2"},
        {"/format", "1", "format: expected a whole number from 0 to 2147483647"},
        {"/design", 1, "design: expected an object"},
        {"/design/digest", "xyz", "design.digest: expected 32 lower-case hexadecimal digits"},
        {"/depth", -1, "depth: expected a whole number from 0 to 2147483647"},
        {"/depth", 1.5, "depth: expected a whole number from 0 to 2147483647"},
        {"/concurrency", 0, "concurrency: expected a whole number from 1 to 2147483647"},
        {"/concurrency", "some", "concurrency: expected a whole number or \"all\""},
        {"/property/cost", "no", "property.cost: expected true or false"},
        {"/operations", 4, "operations: the steps start 5"},
        {"/step_count", 1, "step_count: there are 48 steps"},
        {"/steps", Json::object(), "steps: expected an array"},
        {"/steps/3/thread", 1, "steps[3].thread: expected a string"},
        {"/steps/3/thread", "", "steps[3].thread: expected a string that is not empty"},
        {"/steps/3/thread", "cpu1", "steps[3].operation: operation 1 was started by cpu0"},
        {"/steps/3/kind", "jump", "steps[3].kind: expected \"start\", \"step\" or \"device\""},
        {"/steps/3/operation", 9, "steps[3].operation: operation 9 has not started"},
        {"/steps/0/operation", 2, "steps[0].operation: expected 1, the next operation that starts"},
        {"/steps/3/guard", 1, "steps[3].guard: expected true or false"},
        {"/steps/3/va", 4, "steps[3].va: expected a whole number from 0 to 3"},
        {"/steps/0/changes/0/to", nullptr,
         "steps[0].changes[0].to: expected true or false, a number or a string"},
        {"/steps/47/events/0/kind", "x",
         "steps[47].events[0].kind: there is no such kind of event"},
        {"/steps/47/thread", "cpu0", "steps[47].thread: expected \"device\""},
        {"/steps/3/actor", "cpu9", "steps[3].actor: there is no such actor"},
        {"/steps/3/text", "gup(", "steps[3].text: expected an operation, as in \"gup(read, get)\""},
        {"/steps/3/place", "v5.7.cow:12", "steps[3].place: expected FILE:LINE:COLUMN"},
        {"/steps/3/place", "v5.7.cow:12:x", "steps[3].place: expected FILE:LINE:COLUMN"},
        {"/steps/3/statement", "if x", "steps[3].statement: expected an object"},
        {"/steps/3/statement/kind", "none",
         "steps[3].statement.kind: there is no such kind of statement"},
        {"/steps/0/changes/0/scope", "mm",
         "steps[0].changes[0].scope: there is no such kind of element"},
        {"/steps/3/thraed", 1, "steps[3]: there is no field 'thraed' here"},
    };
    for (const Damage& damage : damages) {
        Json bad = good;
        bad[Json::json_pointer(damage.where)] = damage.value;
        CHECK(error_of(bad) == std::string("trace.json: ") + damage.message);
    }
}

TEST_CASE("what is no trace at all gives one short message") {
    const auto error = [](const std::string& text) {
        const ParsedTrace parsed = trace_from_json(text, "t");
        CHECK_FALSE(parsed.trace);
        CHECK(parsed.error.find('\n') == std::string::npos);
        return parsed.error;
    };
    CHECK(error("") == "t: the file is empty");
    CHECK(error("{").starts_with("t: not valid JSON: "));
    CHECK(error("{\"format\": 1e999}").starts_with("t: not valid JSON: "));
    CHECK(error("\xff\xfe").starts_with("t: not valid JSON: "));
    CHECK(error("[]") == "t: expected an object");
    CHECK(error("{}") == "t: the field 'format' is missing");
    CHECK(error(std::string(100000, '[')) == "t: not a trace: nested too deeply");
    CHECK(error(std::string(max_trace_bytes + 1, ' ')) == "t: too large for a trace");
}

TEST_CASE("the schema lists the fields that the reader wants, and no others") {
    Setup setup;
    std::ifstream in(std::string(COWCHECK_SOURCE_DIR) + "/docs/trace.schema.json");
    const Json schema = Json::parse(in);
    const Json good = Json::parse(to_json(vmsplice_leak(setup)));
    const auto check = [&](const Json& object, const std::string& pointer) {
        for (const auto& item : object["properties"].items()) {
            CAPTURE(pointer);
            CAPTURE(item.key());
            Json without = good;
            Json& parent = without[Json::json_pointer(pointer)];
            const bool required = std::find(object["required"].begin(), object["required"].end(),
                                            item.key()) != object["required"].end();
            parent.erase(item.key());
            CHECK((error_of(without).find("missing") != std::string::npos) == required);
        }
        for (const auto& item : good[Json::json_pointer(pointer)].items())
            CHECK(object["properties"].contains(item.key()));
    };
    check(schema, "");
    check(schema["$defs"]["text"], "/design");
    check(schema["$defs"]["property"], "/property");
    check(schema["$defs"]["step"], "/steps/3");
    check(schema["$defs"]["change"], "/steps/0/changes/0");
    check(schema["$defs"]["event"], "/steps/47/events/0");
}

TEST_CASE("a digest depends on every text of the chain") {
    Setup setup;
    const std::string digest = design_digest(setup.design("v5.9"));
    CHECK(digest.size() == digest_length);
    CHECK(digest == design_digest(setup.design("v5.9")));
    CHECK(digest != design_digest(setup.design("v5.8")));
    DesignText shorter = setup.design("v5.9");
    shorter.chain.pop_back();
    CHECK(digest != design_digest(shorter));
    CHECK(text_digest("a") != text_digest("b"));
}
