// What the three parsers make of a correct text. Errors: parse_errors_test.cpp.
#include "model/builtin_files.h"
#include "model/language/parse.h"
#include "model/program_text.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace cowcheck;
using ast::ExprKind;
using ast::StmtKind;

namespace {

// --- trees as text: (and a (not b.c))

std::string text_of(const ast::Expr& expr);

std::string list_of(const std::string& head, const std::vector<ast::Expr>& operands) {
    std::string text = "(" + head;
    for (const ast::Expr& operand : operands) text += " " + text_of(operand);
    return text + ")";
}

std::string fields_of(const ast::Expr& expr) {
    std::string text = "{";
    for (const ast::RecordField& field : expr.fields) {
        text += (text.size() > 1 ? ", " : "") + field.name;
        if (!field.value.empty()) text += " = " + text_of(field.value[0]);
    }
    return text + "}";
}

std::string text_of(const ast::Expr& expr) {
    switch (expr.kind) {
    case ExprKind::number: return std::to_string(expr.number);
    case ExprKind::boolean: return expr.number == 1 ? "true" : "false";
    case ExprKind::none: return "none";
    case ExprKind::name: return expr.name;
    case ExprKind::field: return text_of(expr.operands.at(0)) + "." + expr.name;
    case ExprKind::call: return list_of("call " + expr.name, expr.operands);
    case ExprKind::phrase: return list_of("phrase", expr.operands);
    case ExprKind::unary:
    case ExprKind::binary: return list_of(expr.name, expr.operands);
    case ExprKind::record: return fields_of(expr);
    case ExprKind::with:
        return "(with " + text_of(expr.operands.at(0)) + " " + fields_of(expr) + ")";
    case ExprKind::paren: return list_of("paren", expr.operands);
    }
    return "?";
}

std::string text_of(const ast::Block& block);

std::string text_of(const ast::Stmt& stmt) {
    const std::string value = stmt.value.empty() ? "" : text_of(stmt.value[0]);
    switch (stmt.kind) {
    case StmtKind::phrase: return value;
    case StmtKind::assign: return text_of(stmt.target.at(0)) + " " + stmt.name + " " + value;
    case StmtKind::call: return value;
    case StmtKind::fault: return "fault " + value;
    case StmtKind::if_:
        return "if " + value + " " + text_of(stmt.body) +
               (stmt.other.empty() ? "" : " else " + text_of(stmt.other));
    case StmtKind::loop: return "loop " + text_of(stmt.body);
    case StmtKind::for_each: return "for each " + stmt.name + " " + text_of(stmt.body);
    case StmtKind::atomic: return "atomic " + text_of(stmt.body);
    case StmtKind::return_: return value.empty() ? "return" : "return " + value;
    case StmtKind::fail: return "fail";
    case StmtKind::break_: return "break";
    case StmtKind::continue_: return "continue";
    case StmtKind::assert_: return "assert " + value + " \"" + stmt.name + "\"";
    }
    return "?";
}

std::string text_of(const ast::Block& block) {
    std::string text = "[";
    for (const ast::Stmt& stmt : block) text += (text.size() > 1 ? "; " : "") + text_of(stmt);
    return text + "]";
}

// --- parsing what must be correct

// The text that a tree's spans point to lives as long as the tree.
template <typename Tree>
struct Parsed {
    std::unique_ptr<SourceFile> file;
    Tree tree;

    const Tree* operator->() const { return &tree; }
};

template <typename Tree, typename Parse>
Parsed<Tree> parsed(Parse parse, std::string text) {
    auto file = std::make_unique<SourceFile>(SourceFile{"test", std::move(text)});
    Diagnostics out;
    std::optional<Tree> tree = parse(*file, out);
    REQUIRE_MESSAGE(tree.has_value(), to_text(out));
    CHECK(out.empty());
    return {std::move(file), std::move(*tree)};
}

Parsed<ast::Design> design(std::string text) {
    return parsed<ast::Design>(parse_design, std::move(text));
}
Parsed<ast::Properties> properties(std::string text) {
    return parsed<ast::Properties>(parse_properties, std::move(text));
}
Parsed<ast::World> world(std::string text) {
    return parsed<ast::World>(parse_world, std::move(text));
}

std::string body(const std::string& statements) {
    return text_of(
        design("design d\nhandler h(va) {\n" + statements + "\n}\n")->handlers.at(0).body);
}

std::string expression(const std::string& text) {
    return text_of(design("design d\npredicate p(a) = " + text + "\n")->predicates.at(0).value);
}

// "line:column+length"
std::string place(const SourceSpan& span) {
    return std::to_string(span.line) + ":" + std::to_string(span.column) + "+" +
           std::to_string(span.length);
}

}  // namespace

TEST_CASE("every built-in file parses") {
    int files = 0;
    for (const BuiltinFile& builtin : builtin_files()) {
        if (builtin.folder == "known") continue;  // a table of bugs, no model
        const SourceFile file{std::string(builtin.name), std::string(builtin.text)};
        Diagnostics out;
        if (builtin.folder == "worlds")
            CHECK(parse_world(file, out).has_value());
        else if (builtin.folder == "selftest" || builtin.folder == "programs")
            CHECK(read_program(file, out).has_value());
        else if (builtin.folder.starts_with("designs/"))
            CHECK(parse_part(file, out).has_value());
        else if (builtin.folder == "properties")
            CHECK(parse_properties(file, out).has_value());
        else
            CHECK(parse_design(file, out).has_value());
        CHECK_MESSAGE(out.empty(), to_text(out));
        ++files;
    }
    CHECK(files > 0);
}

TEST_CASE("a design has a name, a base, a title, kernels and expectations") {
    const auto d = design("design v5.10.y-rt extends v5.9\n"
                          "title \"what it is # no comment\"\n"
                          "kernels \"v5.10\"\n"
                          "dated \"2020-12-13\"\n"
                          "checked by default\n"
                          "expect violated p because \"a: b\"\n"
                          "expect holds q\n"
                          "expect holds r\n    because \"next line\"\n");
    CHECK(d->name == "v5.10.y-rt");
    CHECK(place(d->span) == "1:8+10");
    CHECK(d->base == "v5.9");
    CHECK(place(d->base_span) == "1:27+4");
    CHECK(d->title == "what it is # no comment");
    CHECK(d->kernels == "v5.10");
    CHECK(d->dated == "2020-12-13");
    CHECK(d->by_default);
    REQUIRE(d->expectations.size() == 3);
    CHECK(d->expectations[0].violated);
    CHECK(d->expectations[0].property == "p");
    CHECK(d->expectations[0].reason == "a: b");
    CHECK(place(d->expectations[0].span) == "6:17+1");
    CHECK_FALSE(d->expectations[1].violated);
    CHECK(d->expectations[1].reason.empty());
    CHECK(d->expectations[2].reason == "next line");
}

TEST_CASE("a design names its parts, and may hold some of them itself") {
    const auto d = design("design d\nparts swap,\n      hugetlb\nparts force\n\nhandler a() { }\n"
                          "part swap of d\nhandler b() { }\n");
    REQUIRE(d->parts.size() == 3);
    CHECK(d->parts[1].name == "hugetlb");
    CHECK(place(d->parts[1].span) == "3:7+7");
    REQUIRE(d->parts_here.size() == 1);
    CHECK(d->parts_here[0].name == "swap");
    CHECK(d->parts_here[0].of == "d");
    CHECK(place(d->parts_here[0].of_span) == "7:14+1");
    CHECK(d->handlers.size() == 2);
}

TEST_CASE("a part has a name, its design, and definitions") {
    const SourceFile file{"v1/swap.cow", "# Swap.\npart swap of v1\n\npredicate p(a) = a\n"
                                         "operation o() { }\nfault f() { }\nhandler h() { }\n"};
    Diagnostics out;
    const auto part = parse_part(file, out);
    REQUIRE_MESSAGE(part, to_text(out));
    CHECK(part->line.name == "swap");
    CHECK(part->line.of == "v1");
    CHECK(part->predicates.size() == 1);
    CHECK(part->handlers.size() == 3);
}

TEST_CASE("the comment on top belongs to the design") {
    CHECK(design("# One.\n#\n#  Two.\n\n# Three.\ndesign d\n")->comment == "One.\n\n Two.");
    CHECK(design("\n\n#One.\ndesign d\n")->comment == "One.");
    CHECK(design("design d\n# Not this one.\n")->comment.empty());
    CHECK(design("# CRLF.\r\n# Two.\r\ndesign d\r\n")->comment == "CRLF.\nTwo.");
}

TEST_CASE("the comment right above a handler belongs to the handler") {
    const auto d = design("design d\n"
                          "# First\n# and second.\nhandler a() { }\n"
                          "handler b() { }  # behind\n"
                          "# Apart.\n\nhandler c() { }\n"
                          "# ------ section\n# Right above.\nhandler d() { }\n"
                          "# ------ section\nhandler e() { }\n");
    CHECK(d->handlers.at(0).comment == "First\nand second.");
    CHECK(d->handlers.at(1).comment.empty());
    CHECK(d->handlers.at(2).comment.empty());
    CHECK(d->handlers.at(3).comment == "Right above.");
    CHECK(d->handlers.at(4).comment.empty());
}

TEST_CASE("operations, faults and handlers have a name and parameters") {
    const auto d = design("design d\noperation gup(va, flags) { }\nfault write(\n  va\n) { }\n"
                          "handler none_at_all () { }\n");
    REQUIRE(d->handlers.size() == 3);
    CHECK(d->handlers[0].kind == ast::HandlerKind::operation);
    CHECK(d->handlers[0].name == "gup");
    CHECK(d->handlers[0].parameters == std::vector<std::string>{"va", "flags"});
    CHECK(place(d->handlers[0].span) == "2:11+3");
    CHECK(d->handlers[1].kind == ast::HandlerKind::fault);
    CHECK(d->handlers[1].name == "write");
    CHECK(d->handlers[2].kind == ast::HandlerKind::handler);
    CHECK(d->handlers[2].parameters.empty());
}

TEST_CASE("a predicate may go on in the next line") {
    const auto d = design("design d\npredicate p(page, flags) =\n    flags.pin  # why\n"
                          "    # a whole line\n    and page.anon\nhandler h() { }\n");
    REQUIRE(d->predicates.size() == 1);
    CHECK(d->predicates[0].name == "p");
    CHECK(d->predicates[0].parameters == std::vector<std::string>{"page", "flags"});
    CHECK(text_of(d->predicates[0].value) == "(and flags.pin page.anon)");
    CHECK(d->handlers.size() == 1);
}

TEST_CASE("implies is weakest, then or, and, not, comparison, plus, with, and fields") {
    CHECK(expression("a or b and not c == d + e.f") == "(or a (and b (not (== c (+ d e.f)))))");
    CHECK(expression("a implies b or c") == "(implies a (or b c))");
    CHECK(expression("a and b implies c") == "(implies (and a b) c)");
    CHECK(expression("a == b with { c }") == "(== a (with b {c}))");
    CHECK(expression("a + b with { c }") == "(+ a (with b {c}))");
    CHECK(expression("not a.b") == "(not a.b)");
    CHECK(expression("not not a") == "(not (not a))");
}

TEST_CASE("implies leans to the right, the other operators to the left") {
    CHECK(expression("a implies b implies c") == "(implies a (implies b c))");
    CHECK(expression("a and b and c") == "(and (and a b) c)");
    CHECK(expression("a or b or c") == "(or (or a b) c)");
    CHECK(expression("a - b + c") == "(+ (- a b) c)");
}

TEST_CASE("every comparison is known") {
    for (const std::string op : {"==", "!=", "<", "<=", ">", ">="})
        CHECK(expression("a " + op + " 1") == "(" + op + " a 1)");
    CHECK(expression("a<1") == "(< a 1)");
}

TEST_CASE("a minus may stand before an operand") {
    CHECK(expression("-1") == "(- 1)");
    CHECK(expression("a - -b.c") == "(- a (- b.c))");
    CHECK(expression("a -1") == "(- a 1)");
}

TEST_CASE("numbers, truth values and none are what they look like") {
    CHECK(expression("1024") == "1024");
    CHECK(expression("9223372036854775807") == "9223372036854775807");
    CHECK(expression("true or false") == "(or true false)");
    CHECK(expression("a == none") == "(== a none)");
    CHECK(expression("truely") == "truely");
    CHECK(expression("nones or android") == "(or nones android)");
}

TEST_CASE("parentheses stay in the tree") {
    CHECK(expression("(a)") == "(paren a)");
    CHECK(expression("(a or b) and c") == "(and (paren (or a b)) c)");
    CHECK(expression("((a)).b") == "(paren (paren a)).b");
}

TEST_CASE("calls have arguments and fields") {
    CHECK(expression("f()") == "(call f)");
    CHECK(expression("f(a, b + 1)") == "(call f a (+ b 1))");
    CHECK(expression("pte(pin.mm, pin.va).page.none") == "(call pte pin.mm pin.va).page.none");
    CHECK(expression("f(g(h(a)))") == "(call f (call g (call h a)))");
}

TEST_CASE("behind a dot every word is a field") {
    CHECK(expression("pte.none or a.if or a.with.and") == "(or (or pte.none a.if) a.with.and)");
}

TEST_CASE("words in a row are a phrase") {
    CHECK(expression("try get page") == "(phrase try get page)");
    CHECK(expression("not try get page") == "(not (phrase try get page))");
    CHECK(expression("copy of orig.page and a") == "(and (phrase copy of orig.page) a)");
    CHECK(expression("wait for f(a, b) on off each") ==
          "(phrase wait for (call f a b) on off each)");
    CHECK(expression("copy of pte with { a }") == "(with (phrase copy of pte) {a})");
    CHECK(expression("f(new mm, a)") == "(call f (phrase new mm) a)");
}

TEST_CASE("records have fields with and without a value") {
    CHECK(expression("{ page = new, writable, soft_dirty = orig.soft_dirty }") ==
          "{page = new, writable, soft_dirty = orig.soft_dirty}");
    CHECK(expression("{}") == "{}");
    CHECK(expression("{\n  a,   # why\n  b = not c\n    or d\n}") == "{a, b = (or (not c) d)}");
    CHECK(expression("pte with { a = false } with { b }") == "(with (with pte {a = false}) {b})");
    CHECK(expression("pte == { a }") == "(== pte {a})");
}

TEST_CASE("an expression goes on after an operator and before and, or, implies") {
    CHECK(expression("a +\n b ==\n c") == "(== (+ a b) c)");
    CHECK(expression("a\n\n  # why\n  and not\n b\n  or c\n  implies d") ==
          "(implies (or (and a (not b)) c) d)");
    CHECK(expression("a with\n {b}") == "(with a {b})");
}

TEST_CASE("inside parentheses lines do not matter") {
    CHECK(expression("(\n a\n + b\n == c\n)") == "(paren (== (+ a b) c))");
    CHECK(expression("f(\n a\n ,\n b\n with { c } # why\n)") == "(call f a (with b {c}))");
}

TEST_CASE("statements end with the line, with ';' or with the block") {
    CHECK(body("lock ptl\nget page") == "[(phrase lock ptl); (phrase get page)]");
    CHECK(body("lock ptl; get page;; put page;") ==
          "[(phrase lock ptl); (phrase get page); (phrase put page)]");
    CHECK(body("if a { b;c }") == "[if a [b; c]]");
    CHECK(body("if a{b}") == "[if a [b]]");
    CHECK(body("") == "[]");
    CHECK(body("# only a comment") == "[]");
    CHECK(body("a # comment; no statement") == "[a]");
}

TEST_CASE("phrases and words alone are statements") {
    CHECK(body("lock mmap_lock for reading") == "[(phrase lock mmap_lock for reading)]");
    CHECK(body("flush tlb va") == "[(phrase flush tlb va)]");
    CHECK(body("irqs off") == "[(phrase irqs off)]");
    CHECK(body("wait userfaultfd(va)") == "[(phrase wait (call userfaultfd va))]");
    CHECK(body("retry") == "[retry]");
    CHECK(body("faulty; looping; iffy") == "[faulty; looping; iffy]");
    const auto d = design("design d\nhandler h() { put new\n retry }\n");
    CHECK(d->handlers[0].body[0].kind == StmtKind::phrase);
    CHECK(d->handlers[0].body[1].kind == StmtKind::phrase);
    CHECK(d->handlers[0].body[1].value.at(0).kind == ExprKind::name);
}

TEST_CASE("a call alone is a call statement") {
    const auto d = design("design d\nhandler h() { zap_pte(va) }\n");
    CHECK(d->handlers[0].body[0].kind == StmtKind::call);
    CHECK(body("zap_pte(va, not a)") == "[(call zap_pte va (not a))]");
}

TEST_CASE("assignments set, add and subtract") {
    CHECK(body("a = b\nc.d += 1\ne.f -= g.h\ni =\n  j") == "[a = b; c.d += 1; e.f -= g.h; i = j]");
    CHECK(body("pte = { page = new, writable }") == "[pte = {page = new, writable}]");
    CHECK(body("seq = read write_protect_seq") == "[seq = (phrase read write_protect_seq)]");
    CHECK(body("a = b == c") == "[a = (== b c)]");
    CHECK(body("a=-1") == "[a = (- 1)]");
}

TEST_CASE("else follows on the same line or on the next") {
    CHECK(body("if a { b } else { c }") == "[if a [b] else [c]]");
    CHECK(body("if a { b }\n\n# why\nelse { c }\nd") == "[if a [b] else [c]; d]");
    CHECK(body("if a { b } else if c { d } else { e }") == "[if a [b] else [if c [d] else [e]]]");
    CHECK(body("if a { b }\nelsewhere") == "[if a [b]; elsewhere]");
}

TEST_CASE("loops, atomic blocks and the words that leave them") {
    CHECK(body("loop { break; continue }") == "[loop [break; continue]]");
    CHECK(body("for each va { atomic { zap pte } }") ==
          "[for each va [atomic [(phrase zap pte)]]]");
    CHECK(body("return") == "[return]");
    CHECK(body("return page") == "[return page]");
    CHECK(body("return gup(va, flags)") == "[return (call gup va flags)]");
    CHECK(body("if a { return } else { fail }") == "[if a [return] else [fail]]");
}

TEST_CASE("faults and assertions") {
    CHECK(body("fault write(va)") == "[fault (call write va)]");
    CHECK(body("assert a.b == 1 \"why\"") == "[assert (== a.b 1) \"why\"]");
    CHECK(body("assert a and\n b") == "[assert (and a b) \"\"]");
}

TEST_CASE("spans of statements are their first line, without a comment") {
    const auto d = design("design d\nhandler h(va) {\n\tif a {  # why\n\t\tb = c +\n\t\t\td\n\t}\n"
                          "    e; f g\n    assert x \"#\"  # why\n}\n");
    const ast::Block& body = d->handlers[0].body;
    CHECK(place(body.at(0).span) == "3:2+6");
    CHECK(place(body.at(0).body.at(0).span) == "4:3+7");
    CHECK(place(body.at(1).span) == "7:5+1");
    CHECK(place(body.at(2).span) == "7:8+3");
    CHECK(place(body.at(3).span) == "8:5+12");
    CHECK(body.at(0).span.file == d.file.get());
}

TEST_CASE("spans of expressions cover what they are made of") {
    const auto d =
        design("design d\npredicate p(a) = not a.bc.d and f(x, 12) == -3 or\n  try get e\n");
    const ast::Expr& either = d->predicates[0].value;
    CHECK(place(either.span) == "2:18+32");  // as far as the line goes
    const ast::Expr& both = either.operands.at(0);
    CHECK(place(both.span) == "2:18+29");
    const ast::Expr& negated = both.operands.at(0);
    CHECK(place(negated.span) == "2:18+10");
    CHECK(place(negated.operands.at(0).span) == "2:22+6");                 // a.bc.d
    CHECK(place(negated.operands.at(0).operands.at(0).span) == "2:22+4");  // a.bc
    const ast::Expr& equal = both.operands.at(1);
    CHECK(place(equal.span) == "2:33+14");
    CHECK(place(equal.operands.at(0).span) == "2:33+8");
    CHECK(place(equal.operands.at(0).operands.at(1).span) == "2:38+2");
    CHECK(place(equal.operands.at(1).span) == "2:45+2");
    CHECK(place(either.operands.at(1).span) == "3:3+9");
    CHECK(place(either.operands.at(1).operands.at(2).span) == "3:11+1");
}

TEST_CASE("CRLF line ends, tabs and a byte-order mark are accepted") {
    const auto d = design("\xEF\xBB\xBF# Top.\r\ndesign d\r\n\r\n# Above.\r\nhandler h(va) {\r\n"
                          "\tlock ptl\r\n\tx = a  \r\n}\r\n");
    CHECK(d->comment == "Top.");
    CHECK(d->handlers.at(0).comment == "Above.");
    CHECK(text_of(d->handlers[0].body) == "[(phrase lock ptl); x = a]");
    CHECK(place(d->handlers[0].body[0].span) == "6:2+8");
    CHECK(design("\xEF\xBB\xBF"
                 "design d")
              ->span.column == 8);
}

TEST_CASE("texts may hold any character but a quote") {
    CHECK(design("design d\ntitle \"g\xC3\xA4nzlich; { } # 'x'\"\n")->title ==
          "g\xC3\xA4nzlich; { } # 'x'");
}

TEST_CASE("a property has a weight, a meaning, a source and clauses") {
    const auto p =
        properties("predicate q(pin) = pin.held\n\n"
                   "property one safety\n    needs page.anon_exclusive\n    \"means\"\n"
                   "    source \"a; b\"\n    always for each pin:\n        q(pin) implies\n"
                   "            pin.page == 1\n    at load:     entitled(mm, page)\n"
                   "    sometimes for each mm, va: a\n        and b\n    always: c\n"
                   "property two cost \"m\"\n  at store: false\n");
    CHECK(p->predicates.at(0).name == "q");
    REQUIRE(p->properties.size() == 2);
    const ast::Property& one = p->properties[0];
    CHECK(one.name == "one");
    CHECK(place(one.span) == "3:10+3");
    CHECK_FALSE(one.cost);
    REQUIRE(one.needs.has_value());
    CHECK(text_of(*one.needs) == "page.anon_exclusive");
    CHECK(one.meaning == "means");
    CHECK(one.source == "a; b");
    REQUIRE(one.clauses.size() == 4);
    CHECK(one.clauses[0].kind == ast::ClauseKind::always);
    CHECK(one.clauses[0].for_each == std::vector<std::string>{"pin"});
    CHECK(text_of(one.clauses[0].value) == "(implies (call q pin) (== pin.page 1))");
    CHECK(place(one.clauses[0].span) == "7:5+19");
    CHECK(one.clauses[1].kind == ast::ClauseKind::at);
    CHECK(one.clauses[1].event == "load");
    CHECK(place(one.clauses[1].span) == "10:5+7");
    CHECK(one.clauses[2].kind == ast::ClauseKind::sometimes);
    CHECK(one.clauses[2].for_each == std::vector<std::string>{"mm", "va"});
    CHECK(text_of(one.clauses[2].value) == "(and a b)");
    CHECK(one.clauses[3].for_each.empty());
    CHECK(p->properties[1].cost);
    CHECK(p->properties[1].source.empty());
    CHECK_FALSE(p->properties[1].needs.has_value());
}

TEST_CASE("a world has settings, processes and services") {
    const auto w =
        world("# Top.\n\nworld w-1\ntitle \"t\"\n\narch   x86   # why\nframes 4; pins 2\n"
              "munmap leaves fresh mapping\nsomething\n\nprocess parent {\n    cpus 2\n"
              "    maps va 0 anonymous written\n    maps va 1\n"
              "    may read, gup(read, pin,\n        longterm), fork()\n    may exit\n}\n"
              "process child { starts free; may read }\n"
              "monitor { may uffd_wp_protect, uffd_wp_resolve }\n");
    CHECK(w->name == "w-1");
    CHECK(place(w->span) == "3:7+3");
    CHECK(w->title == "t");
    CHECK(w->comment == "Top.");
    REQUIRE(w->settings.size() == 5);
    CHECK(w->settings[0].name == "arch");
    CHECK(w->settings[0].words == std::vector<std::string>{"x86"});
    CHECK_FALSE(w->settings[0].number.has_value());
    CHECK(place(w->settings[0].span) == "6:1+10");
    CHECK(w->settings[1].number == 4);
    CHECK(w->settings[2].name == "pins");
    CHECK(w->settings[3].words == std::vector<std::string>{"leaves", "fresh", "mapping"});
    CHECK(w->settings[4].name == "something");
    REQUIRE(w->processes.size() == 2);
    const ast::WorldProcess& parent = w->processes[0];
    CHECK(parent.name == "parent");
    CHECK(parent.cpus == 2);
    CHECK_FALSE(parent.starts_free);
    REQUIRE(parent.maps.size() == 2);
    CHECK(parent.maps[0].words == std::vector<std::string>{"anonymous", "written"});
    CHECK(parent.maps[1].va == 1);
    REQUIRE(parent.menu.size() == 4);
    CHECK(parent.menu[1].operation == "gup");
    CHECK(parent.menu[1].flags == std::vector<std::string>{"read", "pin", "longterm"});
    CHECK(place(parent.menu[0].span) == "15:9+4");
    CHECK(parent.menu[2].flags.empty());
    CHECK(w->processes[1].starts_free);
    CHECK(w->processes[1].cpus == 1);
    REQUIRE(w->services.size() == 1);
    CHECK(w->services[0].name == "monitor");
    CHECK(w->services[0].menu.size() == 2);
}
