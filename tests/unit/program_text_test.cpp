#include "model/program_text.h"

#include <doctest/doctest.h>

using namespace cowcheck;

namespace {

struct Read {
    SourceFile file;
    Diagnostics out;
    std::optional<ProgramText> program;

    explicit Read(std::string text) : file{"t.program", std::move(text)} {
        program = read_program(file, out);
    }
    // The first complaint: "3:5: message [suggestion]".
    [[nodiscard]] std::string complaint() const {
        if (out.empty()) return {};
        const Diagnostic& first = out.front();
        return std::to_string(first.span.line) + ":" + std::to_string(first.span.column) + ": " +
               first.message + (first.suggestion.empty() ? "" : " [" + first.suggestion + "]");
    }
};

// A program of these lines; the first of them is line 3.
Read lines(const std::string& text) {
    return Read("program t\nmemory anonymous written\n" + text + "\n");
}

}  // namespace

TEST_CASE("a program is read as a value") {
    const Read read("# What it is for.\n"
                    "program a-b.c\n"
                    "title \"t\"\n"
                    "source \"one\"\n"
                    "source \"two\"\n"
                    "memory anonymous written\n"
                    "meanwhile kernel: speculative_get, migrate at most 2\n"
                    "parent.2: p = gup_fast(write, pin) of va 1\n"
                    "parallel { parent: fork; child: x = read | p: dma_write | kernel: swap_out of "
                    "child va 0 }\n"
                    "let s = soft_dirty(child, 1)\n"
                    "exists (x == D1 and s)\n"
                    "forall (p == ok)\n");
    REQUIRE_MESSAGE(read.program, to_text(read.out));
    const ProgramText& p = *read.program;
    CHECK(p.name == "a-b.c");
    CHECK(p.comment == "What it is for.");
    CHECK(p.sources == std::vector<std::string>{"one", "two"});
    CHECK(p.memory == "anonymous written");
    REQUIRE(p.meanwhile.size() == 2);
    CHECK(p.meanwhile[1].item.kind == OperationKind::migrate);
    CHECK(p.meanwhile[0].at_most == 2);
    REQUIRE(p.steps.size() == 3);
    CHECK(p.steps[0].text == "parent.2: gup_fast(write, pin) of va 1");
    CHECK(p.steps[0].cpu == 2U);
    CHECK(p.steps[0].va == 1U);
    CHECK(p.steps[0].name == "p");
    REQUIRE(p.steps[1].branches.size() == 3);
    CHECK(p.steps[1].branches[0].size() == 2);
    CHECK(p.steps[1].branches[0][1].seen == Seen::value);
    CHECK(p.steps[1].branches[1][0].actor == Actor::device);
    CHECK(p.steps[1].branches[2][0].process == "child");
    CHECK(p.steps[1].branches[2][0].text == "kernel: swap_out of child va 0");
    CHECK(p.steps[2].look == Look::soft_dirty);
    REQUIRE(p.conditions.size() == 2);
    CHECK(p.conditions[0].text == "exists (x == D1 and s)");
    CHECK(p.conditions[1].word == ProgramCondition::Word::forall);
    CHECK(observed(p).size() == 3);
}

TEST_CASE("a program may start as a text of its own") {
    const Read read("program t\n"
                    "start {\n"
                    "    pages 2\n"
                    "    process parent { cpus 2; maps va 0 anonymous alike }\n"
                    "    process child { starts free }\n"
                    "}\n"
                    "parallel {\n"
                    "    parent: fork      # a comment\n"
                    "  |\n"
                    "    parallel { parent: write\n | monitor: e = wait_event }\n"
                    "    kernel: ksm_merge\n"
                    "}\n"
                    "exists (e == event)\n");
    REQUIRE_MESSAGE(read.program, to_text(read.out));
    REQUIRE(read.program->start);
    CHECK(read.program->start->processes.size() == 2);
    CHECK(read.program->start->settings.size() == 1);
    const ProgramStep& outer = read.program->steps[0];
    REQUIRE(outer.branches.size() == 2);
    CHECK(outer.branches[1].size() == 2);
    CHECK(outer.branches[1][0].kind == ProgramStep::Kind::parallel);
    CHECK(outer.branches[1][0].branches[1][0].kind == ProgramStep::Kind::wait_event);
}

TEST_CASE("what is wrong with a program is said where it stands") {
    const auto complaint = [](const std::string& text) { return lines(text).complaint(); };
    CHECK(complaint("parent: wriet") ==
          "3:9: there is no operation 'wriet' [did you mean 'write'?]");
    CHECK(complaint("parent: gup(write)") ==
          "3:9: 'gup' wants read or write, and get or pin; longterm if it is");
    CHECK(complaint("parent: swap_out") ==
          "3:1: 'swap_out' is done by 'kernel' [write 'kernel: swap_out']");
    CHECK(complaint("parent: dma_read") ==
          "3:1: 'dma_read' is done by a pin [take one first: 'parent: p = gup(write, pin)']");
    CHECK(complaint("monitor.1: uffd_wp_protect") ==
          "3:1: only a process has CPUs of its own [write 'monitor: ...']");
    CHECK(complaint("parent: fork of va 0") ==
          "3:1: 'fork' is not about one page [leave 'va 0' out]");
    CHECK(complaint("parent: x = read\nparent: x = read") ==
          "4:9: there is a 'x' already [each name stands for one thing that is seen]");
    CHECK(complaint("parent: P1 = read") ==
          "3:9: 'P1' stands for itself in conditions [choose another name, in small letters]");
    CHECK(complaint("let x = softdirty(parent)") ==
          "3:9: nothing called 'softdirty' can be looked at [did you mean 'soft_dirty'?]");
    CHECK(complaint("parent: wait_event") == "3:1: userfaultfd tells its events to the monitor "
                                             "[write 'monitor: wait_event']");
    CHECK(complaint("parent: seen = read\nexists (sene == P0)") ==
          "4:9: nothing is seen under the name 'sene' [did you mean 'seen'?]");
    CHECK(complaint("parent: x = read\nexists (x == ok)").starts_with("4:14: 'x' is never that"));
    CHECK(complaint("parent: x = read\nexists (x)") ==
          "4:9: 'x' is not true or false by itself [compare it: 'x == ...']");
    CHECK(complaint("parent: x = read\nlet y = page(parent)\nforall (x == y)")
              .ends_with("are not of one kind, so they are never equal"));
    CHECK(complaint("parallel { parent: fork }").starts_with("3:1: one branch is not parallel"));
    CHECK(complaint("parallel { parent: fork | }").ends_with("in this branch"));
    CHECK(complaint("meanwhile parent: read")
              .starts_with("3:1: only kernel threads run beside a program"));
    CHECK(complaint("memory ksm").starts_with("3:1: where the program starts is said already"));
    CHECK(Read("program t\nparent: read\n").complaint().starts_with("1:9: where does it start?"));
    CHECK(Read("program t\nmemories all\nparent: read\n").complaint() ==
          "2:10: 'memories' is anonymous, other or thp");
    CHECK(lines("").complaint() == "1:9: nobody does anything in this program");
    CHECK(complaint("parent fork").starts_with("3:8: expected ':'"));
    CHECK(complaint("parallel { parent: fork ") ==
          "3:24: expected '|' or '}' to close the 'parallel' opened in column 1");
}
