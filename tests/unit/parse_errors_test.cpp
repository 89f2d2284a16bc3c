// What the parsers say about a text that is wrong: where, what and what to do.
#include "model/language/parse.h"

#include <doctest/doctest.h>

#include <string>

using namespace cowcheck;

namespace {

// "line:column: message | suggestion" for each complaint of a parser.
template <typename Parse>
std::vector<std::string> complaints(Parse parse, std::string text) {
    const SourceFile file{"test", std::move(text)};
    Diagnostics out;
    CHECK_FALSE(parse(file, out).has_value());
    std::vector<std::string> lines;
    for (const Diagnostic& d : out) {
        CHECK(d.span.file == &file);
        CHECK(d.span.length > 0);
        lines.push_back(std::to_string(d.span.line) + ":" + std::to_string(d.span.column) + ": " +
                        d.message + (d.suggestion.empty() ? "" : " | " + d.suggestion));
    }
    return lines;
}

std::vector<std::string> in_design(const std::string& text) {
    return complaints(parse_design, text);
}

// The only complaint.
std::string only(const std::vector<std::string>& lines) {
    CHECK(lines.size() == 1);
    return lines.empty() ? "" : lines.front();
}

// The only complaint about a handler's body. Its first line is line 3.
std::string in_body(const std::string& statements) {
    return only(in_design("design d\nhandler h(va) {\n" + statements + "\n}\n"));
}

std::string in_part(const std::string& text) { return only(complaints(parse_part, text)); }
std::string in_world(const std::string& text) { return only(complaints(parse_world, text)); }
std::string in_properties(const std::string& text) {
    return only(complaints(parse_properties, text));
}

}  // namespace

TEST_CASE("a file without anything in it is one clear error") {
    CHECK(only(in_design("")) == "1:1: the file is empty: expected 'design NAME'");
    CHECK(only(in_design(" \r\n\n\t")) == "1:1: the file is empty: expected 'design NAME'");
    CHECK(only(in_design("\xEF\xBB\xBF")) == "1:1: the file is empty: expected 'design NAME'");
    CHECK(in_world("") == "1:1: the file is empty: expected 'world NAME'");
    CHECK(in_properties("") == "1:1: the file is empty: expected 'property' or 'predicate'");
    CHECK(only(in_design("# a\n\n# b")) ==
          "1:1: there are only comments here: expected 'design NAME'");
    CHECK(in_properties("# a\n") ==
          "1:1: there are only comments here: expected 'property' or 'predicate'");
}

TEST_CASE("bytes that are no text are one clear error") {
    using namespace std::string_literals;
    CHECK(only(in_design("design d\nti\0tle"s)) ==
          "2:3: this is no text: it has the control character 0x00");
    CHECK(only(in_design("\x7F"
                         "ELF\x02\x01")) ==
          "1:1: this is no text: it has the control character 0x7f");
    CHECK(only(in_design("design d\n# \xFF\xFE\n")) ==
          "2:3: this is no UTF-8 text: it has the byte 0xff");
    CHECK(only(in_design("# \xC3")) == "1:3: this is no UTF-8 text: it has the byte 0xc3");
    CHECK(only(in_design("# \xED\xA0\x80")) == "1:3: this is no UTF-8 text: it has the byte 0xed");
    CHECK(only(in_design("design d\rtitle")) == "1:9: a carriage return that ends no line");
}

TEST_CASE("a file that is too large is refused") {
    CHECK(only(in_design("design d\n" + std::string(1U << 20U, '#'))) ==
          "1:1: the file is larger than 1 MiB");
    std::string full = "design d\n#";
    full.resize(1U << 20U, '#');
    const SourceFile file{"full", full};
    Diagnostics out;
    CHECK(parse_design(file, out).has_value());
}

TEST_CASE("a design starts with the design line") {
    CHECK(only(in_design("title \"x\"\nhandler h() { }\n")) ==
          "1:1: expected 'design NAME', with which a design starts");
    CHECK(only(in_design("desing v1\ntitle \"x\"\n")) ==
          "1:1: expected 'design NAME', with which a design starts | did you mean 'design'?");
    CHECK(only(in_design("design\n")) == "1:7: expected a name after 'design'");
    CHECK(only(in_design("design a b\n")) == "1:10: expected the end of the line after 'a'");
    CHECK(only(in_design("design a\ndesign b\n")) ==
          "2:1: a file holds one design, and this one has begun with 'a'");
    CHECK(only(in_design("world w\n")).find("this is another kind of file") != std::string::npos);
}

TEST_CASE("what is said once can't be said twice") {
    CHECK(only(in_design("design a\ntitle \"x\"\ntitle \"y\"\n")) ==
          "3:1: there is a title already");
    CHECK(only(in_design("design a\nkernels \"x\"\nkernels \"y\"\n")) ==
          "3:1: there is a line 'kernels' already");
    CHECK(only(in_design("design a\ndated \"May 2020\"\n")) ==
          "2:8: a date is written as \"2020-08-02\"");
    CHECK(only(in_design("design a\ndated \"2020-08-02\"\ndated \"2020-08-03\"\n")) ==
          "3:1: there is a line 'dated' already");
    CHECK(in_world("world w\nworld v\n") ==
          "2:1: a file holds one world, and this one has begun with 'w'");
    CHECK(in_world("world w\nprocess p { cpus 1; cpus 2 }\n") ==
          "2:21: the number of CPUs is set already");
}

TEST_CASE("a misspelt definition suggests the right word") {
    CHECK(only(in_design("design d\nopertion fork() {\n    lock ptl\n}\n")) ==
          "2:1: expected a definition | did you mean 'operation'?");
    CHECK(only(in_design("design d\nexpect violatd x\n")) ==
          "2:8: expected 'violated' or 'holds' after 'expect' | did you mean 'violated'?");
    CHECK(in_properties("proprety p safety \"x\" always: a\n") ==
          "1:1: expected 'property' or 'predicate' | did you mean 'property'?");
    CHECK(in_world("world w\nprocess p { cpu 2 }\n") ==
          "2:13: expected 'starts free', 'cpus', 'maps', 'page' or 'may' after '{' | did you mean "
          "'cpus'?");
}

TEST_CASE("a missing brace is told with what it should close") {
    CHECK(only(in_design("design d\noperation fork() {\n    lock ptl\n")) ==
          "3:13: expected '}' to close the operation 'fork' opened in line 2");
    CHECK(only(in_design("design d\nhandler a() {\n    lock ptl\nhandler b() { }\n")) ==
          "4:1: expected '}' to close the handler 'a' opened in line 2");
    CHECK(only(in_design("design d\nhandler a() { lock ptl")) ==
          "2:23: expected '}' to close the handler 'a' opened in column 1");
    CHECK(only(in_design("design d\nfault write(va) {\n  if a {\n    lock ptl\n")) ==
          "4:13: expected '}' to close the 'if' opened in line 3");
    CHECK(only(in_design("design d\nfault a() { if b { } else {\n"))
              .find("'}' to close the 'else' opened in") != std::string::npos);
    CHECK(only(in_design("design d\nfault a() { for each va {\n"))
              .find("'}' to close the 'for each' opened in") != std::string::npos);
    CHECK(in_world("world w\nprocess p {\n  cpus 1\nprocess q { }\n") ==
          "4:1: expected '}' to close the process 'p' opened in line 2");
    CHECK(in_world("world w\nmonitor {\n  may read\n") ==
          "3:11: expected '}' to close the 'monitor' opened in line 2");
}

TEST_CASE("indentation tells where a brace is missing") {
    CHECK(only(in_design("design d\nhandler a() {\n    if b {\n        lock ptl\n    c\n}\n\n"
                         "handler d() { }\n")) ==
          "8:1: expected '}' to close the handler 'a' opened in line 2 | by its indentation, the "
          "'}' in "
          "line 6 does not belong to the '{' in line 3, which it closes");
}

TEST_CASE("a brace too many is told") {
    CHECK(only(in_design("design d\nhandler a() {\n    b\n}\n}\nhandler c() { }\n")) ==
          "5:1: expected a definition | this '}' closes nothing");
}

TEST_CASE("a missing parenthesis is told where it was opened") {
    CHECK(in_body("  if not a or (b and c {") ==
          "3:24: expected ')' to close the '(' opened in column 15");
    CHECK(in_body("  x = f(a\n  lock b") ==
          "4:3: expected ',' or ')' to close the '(' opened in line 3");
    CHECK(only(in_design("design d\nhandler l(a, b {\n}\n")) ==
          "2:16: expected ',' or ')' to close the '(' opened in column 10");
    CHECK(only(in_design("design d\nhandler l {\n}\n")) == "2:11: expected '(' after 'l'");
    CHECK(in_body("  pte = { a, b = c") ==
          "4:2: expected '}' to close the handler 'h' opened in line 2 | by its indentation, the "
          "'}' in "
          "line 4 does not belong to the '{' in line 3, which it closes");
}

TEST_CASE("operators of other languages get an answer") {
    CHECK(in_body("if a && b { }") == "3:6: expected '{' after 'a' | write 'and'");
    CHECK(in_body("if a || b { }") == "3:6: expected '{' after 'a' | write 'or'");
    CHECK(in_body("if !a { }") == "3:4: expected a condition after 'if' | write 'not'");
    CHECK(in_body("x = a and !b") == "3:11: expected an expression after 'and' | write 'not'");
    CHECK(in_body("if a = 1 { }") == "3:6: expected '{' after 'a' | a comparison is written '=='");
    CHECK(in_body("a == 1") ==
          "3:3: expected the end of the statement after 'a' | an assignment is written '='");
    CHECK(in_body("a++") == "3:2: expected the end of the statement after 'a' | write '+= 1'");
    CHECK(in_body("x = a->b") ==
          "3:6: expected the end of the statement after 'a' | a field follows a dot: write '.'");
    CHECK(in_body("a // why") ==
          "3:3: expected the end of the statement after 'a' | a comment starts with '#'");
    CHECK(in_body("x = a * 2") ==
          "3:7: expected the end of the statement after 'a' | the only arithmetic is '+' and '-'");
    CHECK(only(in_design("design d\npredicate p(a) == a\n")) ==
          "2:16: expected '=' after ')' | write '='");
}

TEST_CASE("statements of other languages get an answer") {
    CHECK(in_body("if a { b } elif c { d }") ==
          "3:12: expected the end of the statement after '}' | write 'else if'");
    CHECK(in_body("if a { b }\nelif c { d }") ==
          "4:8: expected the end of the statement after 'c' | write 'else if'");
    CHECK(in_body("while a { b }") ==
          "3:9: expected the end of the statement after 'a' | write 'loop { "
          "... }', and leave it with 'break'");
    CHECK(in_body("fi a { b }") ==
          "3:6: expected the end of the statement after 'a' | did you mean 'if'?");
    CHECK(in_body("if a { b }; else { c }") ==
          "3:13: expected a statement | an 'else' follows the '}' of its 'if'");
    CHECK(in_body("else { c }") ==
          "3:1: expected a statement | an 'else' follows the '}' of its 'if'");
    CHECK(in_body("for va { b }") == "3:5: expected 'each' after 'for'");
    CHECK(in_body("if a\n{ b }") ==
          "3:5: expected '{' after 'a' | the '{' stands on the line of what it belongs to");
}

TEST_CASE("statements say what they miss") {
    CHECK(in_body("if { }") == "3:4: expected a condition after 'if'");
    CHECK(in_body("x =") == "4:1: expected an expression after '='");
    CHECK(in_body("x = (") == "4:1: expected an expression after '('");
    CHECK(in_body("x = a.") == "3:7: expected a field name after '.'");
    CHECK(in_body("x = a with b") == "3:12: expected '{' after 'with'");
    CHECK(in_body("x = 12ab") == "3:7: a number is written in decimal digits");
    CHECK(in_body("x = 99999999999999999999") == "3:5: this number is too large");
    CHECK(in_body("x = { a b }") ==
          "3:9: expected ',' or '}' to close the record opened in column 5");
    CHECK(in_body("x = f(a; b)") ==
          "3:8: expected ',' or ')' to close the '(' opened in column 6 | what "
          "stands in brackets is separated by ','");
    CHECK(in_body("loop\n") == "3:5: expected '{' after 'loop'");
    CHECK(in_body("fault") == "3:6: expected the name of a fault after 'fault'");
    CHECK(in_body("fault write") == "3:12: expected '(' after 'write'");
    CHECK(in_body("fail now") == "3:6: expected the end of the statement after 'fail'");
    CHECK(in_body("fail = a") ==
          "3:6: expected the end of the statement after 'fail' | 'fail' starts a "
          "statement; it can't be a name");
    CHECK(in_body("assert") == "3:7: expected an expression after 'assert'");
    CHECK(in_body(") a") == "3:1: expected a statement");
    CHECK(in_body("get (page)") ==
          "3:5: expected the end of the statement after 'get' | a call has no "
          "blank before its '('");
    CHECK(in_body("for each if { }") ==
          "3:10: expected a name after 'each' | 'if' is a word of the language");
    CHECK(in_body("a b = c") == "3:1: only a name or a field can be assigned to");
    CHECK(in_body("page.refcount").starts_with("3:1: this is a value, and not a step"));
}

TEST_CASE("a part is no design, and holds definitions only") {
    CHECK(only(in_design("part swap of v5.7\n")) ==
          "1:1: expected 'design NAME', with which a design starts | this is a part of a design; "
          "name the file of the design itself");
    CHECK(
        in_part("part swap of v5.7\n\nexpect holds p\n") ==
        "3:1: expected a handler, operation, fault or predicate | what is said of the whole design "
        "stands in its own file, not in a part");
    CHECK(
        in_part("design swap\n") ==
        "1:1: expected 'part NAME of DESIGN', with which a part starts | a file holds one design, "
        "one world, or properties; this is another kind of file");
    CHECK(in_part("part swap v5.7\n") == "1:11: expected 'of DESIGN' after 'swap'");
    CHECK(in_part("part swap of v5.7\npart force of v5.7\n") ==
          "2:6: a file holds one part, and this one has begun with 'swap'");
    CHECK(in_part("# empty\n") ==
          "1:1: there are only comments here: expected 'part NAME of DESIGN'");
}

TEST_CASE("comparisons can't be chained, and 'not' behind one wants parentheses") {
    CHECK(in_body("if a < b < c { }") ==
          "3:10: comparisons can't be chained | write 'a < b and b < c'");
    CHECK(in_body("x = a == not b") ==
          "3:10: expected an expression after '==' | put 'not ...' in parentheses");
}

TEST_CASE("a text that does not end on its line is shown from its start") {
    const SourceFile file{"test", "design d\ntitle \"abc\nkernels \"v\"\n"};
    Diagnostics out;
    CHECK_FALSE(parse_design(file, out).has_value());
    REQUIRE(out.size() == 1);
    CHECK(out[0].message == "this string does not end on its line");
    CHECK(out[0].span.line == 2);
    CHECK(out[0].span.column == 7);
    CHECK(out[0].span.length == 4);
}

TEST_CASE("each broken definition gives one error, and the good ones none") {
    const auto lines =
        in_design("design d\nopertion a() { x }\nhandler b() { if c && d { } }\n"
                  "handler good() { x = y }\nhandler e() {\n    x = \n    }\n    y\n}\n"
                  "predicate f(x) = \n\nexpect violatd g\ntitle x\n"
                  "handler h() {\n    if a {\n}\noperation i() { z }\nfault j(va) { ! }\n");
    REQUIRE(lines.size() == 8);
    CHECK(lines[0].starts_with("2:1: expected a definition"));
    CHECK(lines[1].starts_with("3:20: expected '{'"));
    CHECK(lines[2].starts_with("7:5: expected an expression after '='"));
    CHECK(lines[3].starts_with("12:1: expected an expression after '='"));
    CHECK(lines[4].starts_with("12:8: expected 'violated' or 'holds' after 'expect'"));
    CHECK(lines[5].starts_with("13:7: expected a text in double quotes after 'title'"));
    CHECK(lines[6].starts_with("17:1: expected '}' to close the handler 'h' opened in line 14"));
    CHECK(lines[7].starts_with("18:15: expected a statement"));
}

TEST_CASE("a fault statement in column 1 is not taken for a definition") {
    const SourceFile file{"test", "design d\nhandler h(va) {\nfault read(va)\nunlock ptl\n}\n"};
    Diagnostics out;
    CHECK(parse_design(file, out).has_value());
    CHECK(out.empty());
}

TEST_CASE("not more than twenty errors are told") {
    std::string text = "design d\n";
    for (int i = 0; i < 100; ++i) text += "handler h() { ! }\n";
    CHECK(in_design(text).size() == 20);
}

TEST_CASE("what is nested too deeply is refused, whatever it is") {
    const auto repeated = [](const std::string& part, int times) {
        std::string text;
        for (int i = 0; i < times; ++i) text += part;
        return text;
    };
    const std::string too_deep = "this is nested more than 100 levels deep";
    for (const std::string part : {"(", "not ", "f(", "{ a = ", "- ", "a implies "})
        CHECK(in_body("x = " + repeated(part, 50'000) + "a").find(too_deep) != std::string::npos);
    for (const std::string part :
         {"if a { ", "loop {\n", "atomic { ", "if a { } else ", "for each va { "})
        CHECK(in_body(repeated(part, 50'000)).find(too_deep) != std::string::npos);
    const std::string too_long = "this expression has too many parts";
    for (const std::string part : {" + a", " and a", " or a", ".a", " with { a }"})
        CHECK(in_body("x = a" + repeated(part, 50'000)).find(too_long) != std::string::npos);
}

TEST_CASE("a hundred conditions in a row, and ninety brackets, are not too many") {
    std::string text = "design d\npredicate p(a) = a";
    for (int i = 0; i < 98; ++i) text += " and a";
    text += "\npredicate q(a) = " + std::string(90, '(') + "a" + std::string(90, ')') + "\n";
    const SourceFile file{"test", text};
    Diagnostics out;
    CHECK(parse_design(file, out).has_value());
    CHECK_MESSAGE(out.empty(), to_text(out));
}

TEST_CASE("properties say what they miss") {
    CHECK(in_properties("property\n") == "1:9: expected a name after 'property'");
    CHECK(in_properties("property p\n") == "1:11: expected 'safety' or 'cost' after 'p'");
    CHECK(in_properties("property p safty \"x\"\n") ==
          "1:12: expected 'safety' or 'cost' after 'p' | did you mean 'safety'?");
    CHECK(in_properties("property p cost\n  always: a\n") ==
          "2:3: expected what the property means, in double quotes after 'cost'");
    CHECK(in_properties("property p cost \"m\"\n").starts_with("1:20: expected a clause"));
    CHECK(
        in_properties("property p cost \"m\"\n  allways: a\n").ends_with("did you mean 'always'?"));
    CHECK(in_properties("property p cost \"m\"\n  always a\n") ==
          "2:10: expected ':' after 'always'");
    CHECK(in_properties("property p cost \"m\"\n  always for pin: a\n") ==
          "2:14: expected 'each' after 'for'");
    CHECK(in_properties("property p cost \"m\"\n  at: a\n") ==
          "2:5: expected the name of an event after 'at'");
    CHECK(in_properties("property p cost \"m\"\n  at x: a b +\n") ==
          "2:14: expected an expression after '+'");
}

TEST_CASE("worlds say what they miss") {
    CHECK(in_world("frames 4\n") == "1:1: expected 'world NAME', with which a world starts");
    CHECK(in_world("world w\nframes 4 5\n") == "2:10: expected the end of the line after '4'");
    CHECK(in_world("world w\n\"x\"\n") == "2:1: expected a setting, a process or a service");
    CHECK(in_world("world w\nprocess { }\n") == "2:9: expected a name after 'process'");
    CHECK(in_world("world w\nprocess p { starts fre }\n") ==
          "2:20: expected 'free' after 'starts' | did you mean 'free'?");
    CHECK(in_world("world w\nprocess p { maps 0 }\n") == "2:18: expected 'va' after 'maps'");
    CHECK(in_world("world w\nprocess p { cpus two }\n") == "2:18: expected a number after 'cpus'");
    CHECK(in_world("world w\nprocess p { may a,\n }\n") ==
          "3:2: expected the name of an operation after ','");
    CHECK(in_world("world w\nprocess p { may a(b }\n") ==
          "2:21: expected ',' or ')' to close the '(' opened in column 18");
    CHECK(in_world("world w\nmonitor { mya a }\n") ==
          "2:11: expected 'may' after '{' | did you mean 'may'?");
}
