#include "model/language/syntax_error.h"
#include "model/language/scan.h"

#include <algorithm>
#include <array>

namespace cowcheck::syntax {

namespace {

constexpr std::size_t max_bytes = std::size_t{1} << 20U;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

bool is_word(std::string_view token) {
    return !token.empty() && scan::is_word_character(token.front());
}

bool is_one_of(std::string_view token, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), token) != words.end();
}

// --- where and what

// What surrounds the place where parsing got stuck.
struct Surroundings {
    Place place;
    std::string_view found;     // the token there, or empty at the end of a line or of the text
    std::string_view next;      // the token there or in the lines that follow
    std::string_view previous;  // the token before it
    bool blank_before = false;
    std::string_view first;  // the word that the line starts with, behind '}'
};

// The end of a text that stops too early is where its last line ends.
Place visible(Place place, const Input& in) {
    if (place.at != in.end() || place.column > 1) return place;
    const char* const begin = in.begin();
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (place.at != begin && blank(place.at[-1])) {
        if (place.at[-1] == '\n') --place.line;
        --place.at;
    }
    const char* line = place.at;
    while (line != begin && line[-1] != '\n') --line;
    place.column = static_cast<std::uint32_t>(place.at - line + 1);
    return place;
}

Surroundings look_around(const Place& place, const Input& in, const Place& begin) {
    Surroundings s;
    s.place = place;
    const std::string_view rest(place.at, static_cast<std::size_t>(in.end() - place.at));
    s.next = scan::first_token(rest);
    if (s.next.data() == place.at) s.found = s.next;
    s.blank_before = place.column > 1 && (place.at[-1] == ' ' || place.at[-1] == '\t');
    const std::string_view read(begin.at,
                                static_cast<std::size_t>(std::max(place.at, begin.at) - begin.at));
    for (auto token = scan::first_token(read); !token.empty();
         token = scan::first_token(scan::behind(read, token)))
        s.previous = token;
    const std::string_view line(place.at - (place.column - 1), place.column - 1);
    s.first = scan::first_token(line);
    if (s.first == "}") s.first = scan::first_token(scan::behind(line, s.first));
    return s;
}

// --- what was expected

// "the operation 'fork'", "the 'if'", "the '('"
std::string name_of(const OpenScope& scope, const Input& in) {
    const std::string_view text(scope.place.at,
                                static_cast<std::size_t>(in.end() - scope.place.at));
    const std::string_view first = scan::first_token(text);
    const std::string_view second = scan::first_token(scan::behind(text, first));
    switch (scope.scope) {
    case Scope::definition:
        return is_word(second) ? std::string(first) + " " + quoted(second) : quoted(first);
    case Scope::else_: return "'else'";
    case Scope::record: return "record";
    case Scope::statement: return first == "for" ? "'for each'" : quoted(first);
    default: return quoted(first);
    }
}

std::string sentence(const SyntaxError& error, const Surroundings& s, const Input& in) {
    if (!error.message.empty()) return std::string(error.message);
    std::string text = "expected " + std::string(error.expected);
    if (error.closes && !in.open().empty()) {
        const OpenScope& scope = in.open().back();
        text += " to close the " + name_of(scope, in) + " opened in ";
        if (scope.place.line != s.place.line)
            return text + "line " + std::to_string(scope.place.line);
        return text + "column " + std::to_string(scope.place.column);
    }
    const bool starts = error.expected == "a statement" || s.previous.empty();
    if (starts) return text;
    return text + " after " + (s.previous.front() == '"' ? "the text" : quoted(s.previous));
}

// --- what could be done about it

struct Foreign {
    std::string_view token;
    std::string_view advice;
};

// What people write who know other languages.
constexpr std::array<Foreign, 23> foreign{{
    {"&&", "write 'and'"},
    {"||", "write 'or'"},
    {"!", "write 'not'"},
    {"<>", "write '!='"},
    {":=", "write '='"},
    {"==", "write '='"},
    {"=", "a comparison is written '=='"},
    {"++", "write '+= 1'"},
    {"--", "write '-= 1'"},
    {"=>", "write 'implies'"},
    {"->", "a field follows a dot: write '.'"},
    {"//", "a comment starts with '#'"},
    {"/*", "a comment starts with '#'"},
    {"'", "a text stands in double quotes"},
    {"\u201c", "a text stands in plain double quotes"},
    {"*", "the only arithmetic is '+' and '-'"},
    {"/", "the only arithmetic is '+' and '-'"},
    {"%", "the only arithmetic is '+' and '-'"},
    {"&", "write 'and'; there is no arithmetic on bits"},
    {"|", "write 'or'; there is no arithmetic on bits"},
    {"~", "write 'not'; there is no arithmetic on bits"},
    {"^", "write '!='; there is no arithmetic on bits"},
    {"?", "write 'if condition { } else { }'"},
}};

// A '{' that nothing before it can have: the line started with another word than it should.
std::string about_block(const Surroundings& s) {
    if (is_one_of(s.first, {"elif", "elseif", "elsif"})) return "write 'else if'";
    if (is_one_of(s.first, {"while", "do", "until", "repeat"}))
        return "write 'loop { ... }', and leave it with 'break'";
    if (is_one_of(s.first, {"operation", "fault", "handler", "predicate"}))
        return "a definition starts in column 1; is a '}' missing above it?";
    if (s.first == "foreach") return "write 'for each'";
    return did_you_mean(s.first, {"if", "loop", "for", "atomic", "else"});
}

// A '}' that is indented in another way than the line that has its '{': where a
// brace got lost, if the text is indented as it should be. Empty if there is none.
std::string about_indentation(const Place& begin, const char* end) {
    struct Brace {
        std::uint32_t line;
        std::size_t indent;
    };
    std::vector<Brace> open;
    const std::string_view text(begin.at, static_cast<std::size_t>(end - begin.at));
    const char* line_start = begin.at - (begin.column - 1);
    std::uint32_t line = begin.line;
    const char* seen = begin.at;
    for (auto token = scan::first_token(text); !token.empty();
         token = scan::first_token(scan::behind(text, token))) {
        for (; seen != token.data(); ++seen) {
            if (*seen != '\n') continue;
            ++line;
            line_start = seen + 1;
        }
        const std::string_view before(line_start, static_cast<std::size_t>(seen - line_start + 1));
        const std::size_t indent = before.find_first_not_of(" \t");
        if (token == "{") open.push_back({line, indent});
        if (token != "}" || open.empty()) continue;
        const Brace brace = open.back();
        open.pop_back();
        if (brace.line != line && brace.indent != indent)
            return "by its indentation, the '}' in line " + std::to_string(line) +
                   " does not belong to the '{' in line " + std::to_string(brace.line) +
                   ", which it closes";
    }
    return {};
}

// An opening bracket, right behind a word and a blank.
bool is_spaced_call(const Surroundings& s) {
    return s.found == "(" && s.blank_before && is_word(s.previous);
}

std::string suggestion(const SyntaxError& error, const Surroundings& s, const Place& begin) {
    if (!error.words.empty() && is_word(s.found)) {
        if (s.found == "part")
            return "this is a part of a design; name the file of the design itself";
        if (error.expected.starts_with("a handler") &&
            is_one_of(s.found, {"title", "kernels", "dated", "checked", "expect", "parts"}))
            return "what is said of the whole design stands in its own file, not in a part";
        if (is_one_of(s.found, {"design", "world", "property"}))
            return "a file holds one design, one world, or properties; this is another kind of "
                   "file";
        auto text = did_you_mean(s.found, {error.words.begin(), error.words.end()});
        if (!text.empty()) return text;
    }
    if (error.message == "comparisons can't be chained") return "write 'a < b and b < c'";
    if (s.found == "}" && error.expected == "a definition") return "this '}' closes nothing";
    if (error.expected == "'}'") return about_indentation(begin, s.place.at);
    if (error.expected == "'{'" && s.found.empty() && s.next == "{")
        return "the '{' stands on the line of what it belongs to";
    if (s.found == "{" && error.expected == "the end of the statement") return about_block(s);
    if (is_one_of(s.found, {"elif", "elseif", "elsif"})) return "write 'else if'";
    if (s.found == "else") return "an 'else' follows the '}' of its 'if'";
    if (s.found == "=" && is_one_of(s.previous, {"fail", "break", "continue", "return", "loop",
                                                 "atomic", "for", "assert", "fault"}))
        return quoted(s.previous) + " starts a statement; it can't be a name";
    if (s.found == "==" && error.expected == "the end of the statement")
        return "an assignment is written '='";
    if (s.found == "not" && error.expected == "an expression")
        return "put 'not ...' in parentheses";
    if (s.found == ";" && error.closes) return "what stands in brackets is separated by ','";
    if (is_spaced_call(s)) return "a call has no blank before its '('";
    if (error.expected == "a name" &&
        is_one_of(s.found, {"and", "or", "not", "implies", "with", "because", "if", "else", "true",
                            "false", "none"}))
        return quoted(s.found) + " is a word of the language";
    for (const Foreign& known : foreign)
        if (known.token == s.found) return std::string(known.advice);
    return {};
}

}  // namespace

Diagnostic explain(const SyntaxError& error, const Input& in, const SourceFile& file,
                   const Place& begin) {
    Surroundings s = look_around(visible(error.place, in), in, begin);
    Diagnostic diagnostic;
    diagnostic.message = sentence(error, s, in);
    diagnostic.suggestion = suggestion(error, s, begin);
    std::size_t length = std::max<std::size_t>(s.found.size(), 1);
    if (error.message == "this string does not end on its line") {
        // Show where it starts: its end is the end of the line.
        const auto tail = static_cast<std::uint32_t>(s.previous.size());
        s.place.column -= std::min(tail, s.place.column - 1);
        length = std::max<std::size_t>(tail, 1);
    }
    diagnostic.span = {&file, s.place.line, s.place.column, static_cast<std::uint32_t>(length)};
    return diagnostic;
}

std::string_view body_of(const SourceFile& file) {
    std::string_view text = file.text;
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    return text;
}

namespace {

// Empty if the byte at the start of the text may stand in a file.
std::string about_byte(std::string_view text) {
    const auto byte = static_cast<unsigned char>(text[0]);
    const bool line_end = text.starts_with('\n') || text.starts_with("\r\n");
    if (byte == '\r' && !line_end) return "a carriage return that ends no line";
    const auto with_byte = [&](const char* message) {
        return message + scan::hex_byte("0x", text[0]);
    };
    if ((byte < 0x20 && byte != '\t' && !line_end) || byte == 0x7F)
        return with_byte("this is no text: it has the control character ");
    if (scan::utf8_length(text) == 0) return with_byte("this is no UTF-8 text: it has the byte ");
    return {};
}

}  // namespace

std::optional<Diagnostic> check_bytes(const SourceFile& file) {
    if (file.text.size() > max_bytes)
        return Diagnostic{{&file, 1, 1, 1}, "the file is larger than 1 MiB", {}};
    std::string_view text = body_of(file);
    std::uint32_t line = 1;
    std::uint32_t column = 1;
    while (!text.empty()) {
        std::string message = about_byte(text);
        if (!message.empty()) return Diagnostic{{&file, line, column, 1}, std::move(message), {}};
        const std::size_t length = scan::utf8_length(text);
        column += static_cast<std::uint32_t>(length);
        if (text[0] == '\n') {
            ++line;
            column = 1;
        }
        text.remove_prefix(length);
    }
    return std::nullopt;
}

}  // namespace cowcheck::syntax
