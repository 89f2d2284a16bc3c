// Traces run again: on the design they come from, and on one that has changed.
#include "tests/support/trace_setup.h"
#include "traces/trace_json.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace cowcheck;
using namespace cowcheck::test;
using Json = nlohmann::json;

TEST_CASE("a trace replays on the design that it came from") {
    Setup setup;
    const Trace trace = vmsplice_leak(setup);
    const DesignText design = setup.design("v5.7");
    const Program program = setup.program(design, "tiny");
    const ReplayResult result = replay(trace, program, design, *setup.library.world_text("tiny"));
    CHECK_MESSAGE(result.verdict == ReplayVerdict::ok, result.message);
    CHECK(result.step == trace.steps.size());
    CHECK(result.notes.empty());
    CHECK(Json::parse(to_json(result, "t.json"))["verdict"] == "ok");
}

TEST_CASE("a changed text alone is a note") {
    Setup setup;
    const Trace trace = vmsplice_leak(setup);
    const DesignText design = setup.changed("v5.7", "# Linux", "# In its first lines, Linux");
    const Program program = setup.program(design, "tiny");
    const ReplayResult result = replay(trace, program, design, "world tiny");
    CHECK(result.verdict == ReplayVerdict::ok);
    CHECK(result.notes.size() == 2);
}

TEST_CASE("a replay says which statement is another one now") {
    Setup setup;
    const Trace trace = vmsplice_leak(setup);
    const DesignText design =
        setup.changed("v5.7", "if page.mapcount == 1", "if page.refcount == 1");
    const ReplayResult result = replay(trace, setup.program(design, "tiny"));
    CHECK(result.verdict == ReplayVerdict::different);
    CHECK(trace.steps[result.step - 1].statement.text ==
          "if page.mapcount == 1 and rest_mapped_once(page) and (not page.swapcache or "
          "swap_slot.refcount == 1)");
    CHECK(result.message.find("`if page.refcount == 1 and rest_mapped_once(page)") !=
          std::string::npos);
}

TEST_CASE("a replay says which guard goes the other way now") {
    Setup setup;
    Script script(setup, "v5.9");
    script.run("cpu0", "gup(write, pin)").run("cpu1", "fork");
    const Trace trace = script.record("no_foreign_data");
    const DesignText design =
        setup.changed("v5.9", "page.refcount >= 1024", "page.refcount >= 4096");
    const ReplayResult result = replay(trace, setup.program(design, "pair"));
    CHECK(result.verdict == ReplayVerdict::different);
    CHECK(result.message.find("the guard `if not pte.special and mm.has_pinned") !=
          std::string::npos);
    CHECK(result.message.find("is false now") != std::string::npos);
}

TEST_CASE("a replay says which change is another one now") {
    Setup setup;
    Trace trace = vmsplice_leak(setup);
    const Program program = setup.program(setup.design("v5.7"), "tiny");
    trace.steps[8].changes[0].to = 7U;
    const ReplayResult result = replay(trace, program);
    CHECK(result.verdict == ReplayVerdict::different);
    CHECK(result.step == 9);
    CHECK(result.message.find("page A.refcount goes from 1 to 2 now; in the trace, page A.refcount "
                              "goes from 1 to 7") != std::string::npos);
}

TEST_CASE("a replay says that the property is not violated any more, or too early") {
    Setup setup;
    Trace trace = vmsplice_leak(setup);
    const Program program = setup.program(setup.design("v5.7"), "tiny");
    trace.header.property.name = "no_deadlock";
    CHECK(replay(trace, program).message.find("don't violate no_deadlock") != std::string::npos);
    trace.header.property.name = "no_such_thing";
    CHECK(replay(trace, program).verdict == ReplayVerdict::impossible);
    trace.header.property.name = "no_foreign_data";
    trace.steps.push_back(trace.steps.back());
    trace.steps.back().operation = 6;
    const ReplayResult early = replay(trace, program);
    CHECK(early.verdict == ReplayVerdict::different);
    CHECK(early.message ==
          "step 48: no_foreign_data is violated here already, 1 step before the end");
}

TEST_CASE("a replay says why a step can't be made") {
    Setup setup;
    Script script(setup, "v5.7");
    script.start("cpu0", "munmap");
    const Trace trace = script.record("no_foreign_data");
    const auto with = [&](const std::string& thread, StepKind kind, const std::string& operation,
                          std::vector<std::string> flags = {}) {
        Trace longer = trace;
        TraceStep step;
        step.thread = thread;
        step.kind = kind;
        step.call = {operation, std::move(flags)};
        step.operation = 2;
        step.process = "parent";
        step.va = 0;
        step.pin = 0;
        step.statement = {StatementKind::lock, "lock mmap_lock for reading", {}, false};
        longer.steps.push_back(step);
        const ReplayResult result = replay(longer, script.program());
        CHECK(result.verdict == ReplayVerdict::impossible);
        CHECK(result.step == 2);
        return result.message;
    };
    const auto ends_with = [](const std::string& text, const std::string& end) {
        CAPTURE(text);
        CHECK(text.ends_with(end));
    };
    ends_with(with("cpu1", StepKind::start, "gup", {"read", "get"}),
              "it waits for mmap_lock of parent, held by cpu0 in munmap");
    ends_with(with("cpu0", StepKind::start, "write"), "cpu0 is still in munmap");
    ends_with(with("cpu1", StepKind::step, "write"),
              "cpu1 has nothing under way: its write has come to its end");
    ends_with(with("cpu0", StepKind::step, "fork"), "cpu0 is in munmap");
    ends_with(with("cpu1", StepKind::start, "swapoff"), "'swapoff' is not in the menu of cpu1");
    ends_with(with("cpu9", StepKind::start, "fork"), "the world has no thread 'cpu9'");
    ends_with(with("device", StepKind::device, "dma_read"), "pin0 is not held");
    ends_with(with("cpu1", StepKind::start, "exit"), "another thread of parent still runs");
    CHECK(with("cpu1", StepKind::start, "gup", {"read", "get"})
              .starts_with("step 2: cpu1 can't execute `lock mmap_lock for reading`: "));
}
