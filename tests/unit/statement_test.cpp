// Statements as they are told: whole, however they are laid out.
#include "model/language/parse.h"
#include "tests/support/trace_setup.h"
#include "traces/show_columns.h"
#include "traces/show_markdown.h"
#include "traces/show_mermaid.h"

#include <doctest/doctest.h>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

// What is told of the first statement of an operation with this body, or of the first within it.
StatementText told(const std::string& body, bool within = false) {
    const SourceFile file{"t.cow", "design t\n\noperation read(va) {\n" + body + "\n}\n"};
    Diagnostics out;
    const auto design = parse_design(file, out);
    REQUIRE_MESSAGE(design, to_text(out));
    const ast::Stmt& first = design->handlers[0].body[0];
    return within ? *first.body[0].text : *first.text;
}

}  // namespace

TEST_CASE("a guard of several lines is one statement on one line") {
    CHECK(told("    if page.ksm\n       and page.locked { fail }").told.text ==
          "if page.ksm and page.locked");
    const Statement three = told("    if not page.ksm\n"
                                 "       and (page.refcount == 1\n"
                                 "            or (page.swapcache and page.refcount == 2)) {\n"
                                 "        fail\n    }")
                                .told;
    CHECK(three.text == "if not page.ksm and (page.refcount == 1 or (page.swapcache and "
                        "page.refcount == 2))");
    CHECK(three.condition == three.text.substr(3));
    CHECK_FALSE(three.negated);
    CHECK(three.kind == StatementKind::guard);
}

TEST_CASE("comments and brackets at a line's end leave no trace in a statement") {
    CHECK(
        told("    if page.ksm   # not { yet\n       # nor } here\n       and page.locked { fail }")
            .told.text == "if page.ksm and page.locked");
    CHECK(told("    if (\n        page.ksm\n    ) and page.locked { fail }").told.text ==
          "if (page.ksm) and page.locked");
    CHECK(told("    pte = pte with {\n        writable = false,  # for fork\n"
               "        soft_dirty = false }")
              .told.text == "pte = pte with { writable = false, soft_dirty = false }");
    CHECK(told("    assert page.ksm \"a # is no comment here\"").told.text ==
          "assert page.ksm \"a # is no comment here\"");
    CHECK(told("    lock ptl; unlock ptl").told.text == "lock ptl");
}

TEST_CASE("a block is no part of the statement before it") {
    CHECK(told("    loop { fail }").told.text == "loop");
    CHECK(told("    for each mapping of page { fail }").told.text == "for each mapping of page");
    CHECK(told("    atomic {\n        if page.ksm\n           or page.locked { fail }\n    }", true)
              .told.text == "if page.ksm or page.locked");
    CHECK(told("    if page == { page = page } { fail }").told.text ==
          "if page == { page = page }");
}

TEST_CASE("a `not` in front of all of a condition is told apart from one in front of a part") {
    const auto of = [](const std::string& condition) {
        const Statement s = told("    if " + condition + " { fail }").told;
        return (s.negated ? "not: " : "") + s.condition;
    };
    CHECK(of("not page.ksm") == "not: page.ksm");
    CHECK(of("not (page.ksm and page.locked)") == "not: page.ksm and page.locked");
    CHECK(of("not (page.ksm) and page.locked") == "not (page.ksm) and page.locked");
    CHECK(of("not page.ksm\n       or page.locked") == "not page.ksm or page.locked");
    CHECK(of("not page.refcount == 1") == "not: page.refcount == 1");
    CHECK(of("notes.ksm") == "notes.ksm");
}

TEST_CASE("a statement knows what it is and what it names") {
    const auto kind = [](const std::string& text) { return told("    " + text).told.kind; };
    CHECK(kind("lock ptl") == StatementKind::lock);
    CHECK(kind("unlock mmap_lock") == StatementKind::unlock);
    CHECK(kind("irqs off") == StatementKind::irqs);
    CHECK(kind("locked = page.locked") == StatementKind::assignment);
    CHECK(kind("page.refcount += 1") == StatementKind::assignment);
    CHECK(kind("if load through tlb { return }") == StatementKind::tlb_access);
    CHECK(kind("store through secondary mmu") == StatementKind::access);
    CHECK(kind("no such operation") == StatementKind::absent);
    CHECK(kind("get page") == StatementKind::other);
    for (unsigned i = 0; i <= static_cast<unsigned>(StatementKind::other); ++i)
        CHECK(find_statement_kind(name_of(static_cast<StatementKind>(i))) ==
              static_cast<StatementKind>(i));
    CHECK(told("    seen = pte").assigned == "seen");
    CHECK(told("    page.locked = true").assigned.empty());
    CHECK(told("    if seen.page == page and f(old) { fail }").names ==
          std::vector<std::string>{"seen", "page", "old"});
}

TEST_CASE("a guard of two lines goes into a trace whole, and every format tells what it was") {
    Setup setup;
    const DesignText design =
        setup.changed("v5.7", "if page.mapcount == 1 and",
                      "if not page.ksm  # never here\n           and page.mapcount == 1 and");
    const Program program = setup.program(design, "pair");
    Runner runner(program);
    std::vector<Action> actions;
    const auto take = [&](const Action& action) {
        REQUIRE(runner.perform(action).blocked == Blocked::no);
        actions.push_back(action);
    };
    const auto run = [&](OperationKind kind) {
        std::optional<Action> found;
        for_each_start(program, runner.state(), false, [&](const Action& action) {
            if (!found && program.operations[action.operation].item.kind == kind) found = action;
        });
        REQUIRE(found);
        take(*found);
        while (program.layout.get(runner.state(), Field::pc, found->thread) != 0)
            take({Action::Kind::step, found->thread, 0, 0, 0, 0});
    };
    run(OperationKind::fork);
    run(OperationKind::write);
    const Trace trace = record(program, setup.header(design, "pair", "no_deadlock"), actions,
                               setup.library.properties());
    const std::string condition =
        "not page.ksm and page.mapcount == 1 and rest_mapped_once(page) and (not "
        "page.swapcache or swap_slot.refcount == 1)";
    const auto guard =
        std::find_if(trace.steps.begin(), trace.steps.end(),
                     [&](const TraceStep& step) { return step.statement.condition == condition; });
    REQUIRE(guard != trace.steps.end());
    CHECK(guard->statement.text == "if " + condition);
    CHECK(guard->guard == false);
    const auto tells = [&](std::string text) {
        for (std::size_t at; (at = text.find('\n')) != std::string::npos;) text[at] = ' ';
        std::string plain;
        for (const char c : text)
            if (c != ' ' || !plain.ends_with(' ')) plain += c;
        CAPTURE(plain);
        CHECK(plain.find(condition + "? no") != std::string::npos);
        CHECK(plain.find("page.ksm? yes") == std::string::npos);
    };
    tells(show_columns(trace));
    tells(show_markdown(trace));
    tells(show_mermaid(trace));
}
