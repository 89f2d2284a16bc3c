// Traces as text and as the columns of a mail.
#include "tests/support/trace_setup.h"
#include "traces/show_columns.h"
#include "traces/show_text.h"
#include "traces/text.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

void check_fit_for_mail(const Trace& trace) {
    const std::string text = show_columns(trace);
    CHECK(text.ends_with("\n"));
    for (const std::string& line : lines_of(text)) {
        CAPTURE(line);
        CHECK(line.size() <= 72);
        CHECK_FALSE(line.empty());
        CHECK_FALSE(line.ends_with(" "));
        CHECK(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; }));
    }
}

}  // namespace

TEST_CASE("the text shows every step, what it changes and what goes wrong") {
    Setup setup;
    const std::string text = show_text(vmsplice_leak(setup));
    for (const char* part :
         {"Design v5.7 violates no_foreign_data: 5 operations, 48 steps\n",
          "[1] cpu0 (parent): fork\n", "       copy_one_pte:\n", "page A: refcount 1 -> 2\n",
          "* cpu0 stores P1 into page A\n",
          "[5] device: dma_read, on child, virtual page 0, pin0\n",
          "no_foreign_data is violated: the holder of pin0 reads P1 from page A;"})
        CHECK_MESSAGE(text.find(part) != std::string::npos, part);
}

TEST_CASE("the columns of a trace are fit for a mail") {
    Setup setup;
    Trace trace = vmsplice_leak(setup);
    check_fit_for_mail(trace);
    const Lines lines = lines_of(show_columns(trace));
    CHECK(lines[0] == "Design v5.7, world tiny, 5 operations:");
    CHECK(lines[1] == "cpu0 (parent)            cpu1 (child)             device");
    CHECK(lines[3] == "fork()");
    CHECK(lines[4] == " child = new mm");
    trace.header.design.name = "\033[31m\xc3\xa9\n" + std::string(100, 'x');
    trace.steps[3].statement.text = std::string(300, 'y') + "\t\xff";
    for (char name = 'a'; name <= 'q'; ++name)
        trace.steps[4].handlers.push_back({false, std::string(1, name)});
    check_fit_for_mail(trace);
    const TraceStep step = trace.steps[3];
    trace.steps.clear();
    check_fit_for_mail(trace);
    for (unsigned i = 0; i < 100; ++i) {
        trace.steps.push_back(step);
        trace.steps.back().thread = "cpu" + std::to_string(i);
        trace.steps.back().operation = i;
    }
    check_fit_for_mail(trace);
}

TEST_CASE("with many threads the columns overlap, and the device gets whole lines") {
    Setup setup;
    Script script(setup, "v5.9");
    script.run("cpu0", "gup(write, pin)").run("monitor", "uffd_wp_protect");
    script.run("monitor", "uffd_wp_resolve").run("procfs", "clear_refs").run("cpu1", "fork");
    script.run("cpu2", "write").start("device", "dma_write").run("cpu0", "write");
    const Trace trace = script.record("no_deadlock");
    check_fit_for_mail(trace);
    const std::string text = show_columns(trace);
    CHECK(text.find("cpu0        cpu1        cpu2        monitor     procfs\n") !=
          std::string::npos);
    CHECK(text.find("\ngup(write, pin) (parent)\n") != std::string::npos);
    CHECK(text.find("\n-- device: [ writes D1 into A through pin0 ] --\n") != std::string::npos);
}

TEST_CASE("text is wrapped at spaces, and words that are too long are cut") {
    CHECK(wrap("a bb ccc", 4) == Lines{"a bb", "ccc"});
    CHECK(wrap("abcdefgh ij", 4, 1) == Lines{"abcd", " efg", " h", " ij"});
    CHECK(wrap("is_it(pinned)? no", 10, 1) == Lines{"is_it(", " pinned)?", " no"});
    CHECK(wrap("", 4) == Lines{""});
    CHECK(printable("a\033[31m\xc3\xa9\xc2\x9b") == "a?[31m\xc3\xa9?");
    CHECK(ascii("\xc3\xa9t\xc3\xa9\n") == "?t??");
}
