// How a complaint looks, and which words look like each other.
#include "model/language/source.h"

#include <doctest/doctest.h>

using namespace cowcheck;

namespace {

std::string shown(const std::string& text, std::uint32_t line, std::uint32_t column,
                  std::uint32_t length, const std::string& suggestion = {}) {
    const SourceFile file{"a.cow", text};
    return to_text(Diagnostic{{&file, line, column, length}, "wrong", suggestion});
}

}  // namespace

TEST_CASE("a complaint has the place, the line, a caret and a suggestion") {
    CHECK(shown("one\nlock ptx\n", 2, 6, 3, "did you mean 'ptl'?") == "a.cow:2:6: error: wrong\n"
                                                                      "    lock ptx\n"
                                                                      "         ^~~\n"
                                                                      "    did you mean 'ptl'?");
    CHECK(shown("abc", 1, 1, 1) == "a.cow:1:1: error: wrong\n    abc\n    ^");
}

TEST_CASE("the caret may stand behind the line") {
    CHECK(shown("abc\n", 1, 4, 1) == "a.cow:1:4: error: wrong\n    abc\n       ^");
    CHECK(shown("abc\n", 1, 9, 5) == "a.cow:1:9: error: wrong\n    abc\n       ^");
    CHECK(shown("abc\n", 2, 1, 1) == "a.cow:2:1: error: wrong\n    \n    ^");
    CHECK(shown("abc\n", 7, 1, 1) == "a.cow:7:1: error: wrong\n    \n    ^");
}

TEST_CASE("the marks end with the line, however long the span is") {
    CHECK(shown("abcdef\nx\n", 1, 3, 100) == "a.cow:1:3: error: wrong\n    abcdef\n      ^~~~");
}

TEST_CASE("tabs keep the caret where it belongs") {
    CHECK(shown("\t\tlock\tptx\n", 1, 8, 3) == "a.cow:1:8: error: wrong\n"
                                               "    \t\tlock\tptx\n"
                                               "    \t\t    \t^~~");
}

TEST_CASE("CRLF and a byte-order mark are not shown") {
    CHECK(shown("\xEF\xBB\xBF"
                "abc\r\ndef\r\n",
                1, 2, 2) == "a.cow:1:2: error: wrong\n    abc\n     ^~");
    CHECK(shown("abc\r\ndef\r\n", 2, 4, 1) == "a.cow:2:4: error: wrong\n    def\n       ^");
}

TEST_CASE("characters of several bytes count as one, bytes that are none are escaped") {
    CHECK(shown("\xC3\xA4\xC3\xA4 x", 1, 6, 1) ==
          "a.cow:1:6: error: wrong\n    \xC3\xA4\xC3\xA4 x\n       ^");
    CHECK(shown("a\xFF"
                "b",
                1, 3, 1) == "a.cow:1:3: error: wrong\n    a\\xffb\n         ^");
    CHECK(shown("a\x1B[0m", 1, 2, 1) == "a.cow:1:2: error: wrong\n    a\\x1b[0m\n     ^~~~");
    CHECK(shown(std::string("a\0b", 3), 1, 3, 1) ==
          "a.cow:1:3: error: wrong\n    a\\x00b\n         ^");
    CHECK(shown("\xC2\x9B"
                "1m",
                1, 1, 1) == "a.cow:1:1: error: wrong\n    \\xc2\\x9b1m\n    ^~~~");
}

TEST_CASE("a long line is shown around the caret") {
    const std::string line = std::string(200, 'a') + "ERROR" + std::string(200, 'b');
    const std::string text = shown(line, 1, 201, 5);
    CHECK(text.find("    ...aaa") != std::string::npos);
    CHECK(text.find("aERRORb") != std::string::npos);
    CHECK(text.find("bbb...\n") != std::string::npos);
    const auto lines = text.substr(text.find('\n') + 1);
    const auto shown_line = lines.substr(0, lines.find('\n'));
    const auto marks = lines.substr(lines.find('\n') + 1);
    CHECK(shown_line.size() <= 124);
    CHECK(shown_line.find("ERROR") == marks.find("^~~~~"));
}

TEST_CASE("a long line is shown from its start or to its end if the caret is there") {
    const std::string line = "START" + std::string(300, 'a') + "END";
    const std::string start = shown(line, 1, 1, 5);
    CHECK(start.find("\n    STARTaaa") != std::string::npos);
    CHECK(start.find("aaa...\n    ^~~~~") != std::string::npos);
    const std::string end = shown(line, 1, 306, 3);
    CHECK(end.find("\n    ...aaa") != std::string::npos);
    CHECK(end.find("aaaEND\n") != std::string::npos);
    CHECK(end.ends_with(" ^~~"));
    CHECK(shown(line, 1, 309, 1).ends_with(" ^"));
}

TEST_CASE("a line of 120 characters is shown whole") {
    const std::string line(120, 'a');
    CHECK(shown(line, 1, 1, 1) == "a.cow:1:1: error: wrong\n    " + line + "\n    ^");
}

TEST_CASE("a complaint about nowhere has no line") {
    const SourceFile file{"a.cow", "abc\n"};
    CHECK(to_text(Diagnostic{{}, "wrong", "do this"}) == "error: wrong\n    do this");
    CHECK(to_text(Diagnostic{{&file, 0, 0, 0}, "wrong", {}}) == "a.cow: error: wrong");
    CHECK(shown("", 1, 1, 1) == "a.cow:1:1: error: wrong");
}

TEST_CASE("a file's name can't reach the terminal raw") {
    const SourceFile file{"a\x1B[31m.cow", ""};
    CHECK(to_text(Diagnostic{{&file, 1, 1, 1}, "wrong", {}}) == "a\\x1b[31m.cow:1:1: error: wrong");
}

TEST_CASE("complaints come in the order of the text, file by file") {
    const SourceFile one{"one", "aaa\nbbb\n"};
    const SourceFile two{"two", "ccc\n"};
    const Diagnostics out{{{&two, 1, 1, 1}, "first", {}},
                          {{&one, 2, 1, 1}, "fourth", {}},
                          {{&one, 1, 3, 1}, "third", {}},
                          {{&one, 1, 1, 1}, "second", {}}};
    const std::string text = to_text(out);
    CHECK(text.find("first") < text.find("second"));
    CHECK(text.find("second") < text.find("third"));
    CHECK(text.find("third") < text.find("fourth"));
    CHECK(text.starts_with("two:1:1: error: first\n    ccc\n    ^\none:1:1: error: second\n"));
    CHECK(to_text(Diagnostics{}).empty());
}

TEST_CASE("the closest word is one with few letters wrong") {
    CHECK(closest("mapcuont", {"refcount", "mapcount", "map"}) == "mapcount");
    CHECK(closest("opertion", {"predicate", "operation"}) == "operation");
    CHECK(closest("fi", {"for", "if"}) == "if");
    CHECK(closest("PTE", {"page", "pte"}) == "pte");
    CHECK(closest("unlock mmap_lok", {"lock mmap_lock for reading", "unlock mmap_lock"}) ==
          "unlock mmap_lock");
}

TEST_CASE("no word is close to one that is quite different") {
    CHECK(closest("zebra", {"refcount", "mapcount", "page"}).empty());
    CHECK(closest("x", {"a", "if"}).empty());
    CHECK(closest("", {"a"}).empty());
    CHECK(closest("a", {}).empty());
    CHECK(closest(std::string(10'000, 'a'), {"aaa"}).empty());
    CHECK(did_you_mean("zebra", {"page"}).empty());
    CHECK(did_you_mean("pge", {"page"}) == "did you mean 'page'?");
}
