#include "verify/expect/expectations.h"

#include <algorithm>

namespace cowcheck {

namespace {

std::size_t offset_of(const std::string& text, const SourceSpan& span) {
    std::size_t at = 0;
    for (std::uint32_t line = 1; line < span.line; ++line) at = text.find('\n', at) + 1;
    return at + span.column - 1;
}

// Blanks, line breaks and comments.
std::size_t skip_space(const std::string& text, std::size_t at) {
    while (at < text.size()) {
        if (text[at] == '#')
            at = std::min(text.find('\n', at), text.size());
        else if (std::string_view(" \t\r\n").find(text[at]) != std::string_view::npos)
            ++at;
        else
            break;
    }
    return at;
}

// Behind the reason, if there is one; the text has been parsed, so it is well-formed.
std::size_t end_of(const std::string& text, const ast::Expectation& expectation) {
    constexpr std::string_view because = "because";
    std::size_t end = offset_of(text, expectation.span) + expectation.property.size();
    if (!expectation.worlds.empty()) {
        const auto& last = expectation.worlds.back();
        end = offset_of(text, last.span) + last.name.size();
    }
    const std::size_t next = skip_space(text, end);
    if (text.compare(next, because.size(), because) != 0) return end;
    const std::size_t quote = skip_space(text, next + because.size());
    if (quote >= text.size() || text[quote] != '"') return end;
    return text.find('"', quote + 1) + 1;
}

std::size_t begin_of(const std::string& text, const ast::Expectation& expectation) {
    return text.rfind("expect", offset_of(text, expectation.span));
}

// A reason stands in quotes, on one line.
std::string line_of(const NewExpectation& line, const std::string& worlds = {}) {
    std::string reason = line.reason;
    std::replace(reason.begin(), reason.end(), '"', '\'');
    std::replace(reason.begin(), reason.end(), '\n', ' ');
    return std::string("expect ") + (line.violated ? "violated " : "holds ") + line.property +
           worlds + " because \"" + reason + "\"";
}

std::string worlds_of(const ast::Expectation& expectation) {
    std::string text;
    for (const auto& world : expectation.worlds)
        text += (text.empty() ? " in " : ", ") + world.name;
    return text;
}

}  // namespace

const ast::Expectation* expectation_about(const ast::Design& design, std::string_view property,
                                          std::string_view world) {
    const ast::Expectation* general = nullptr;
    for (const ast::Expectation& one : design.expectations) {
        if (one.property != property) continue;
        if (one.names(world)) return &one;
        if (one.worlds.empty()) general = &one;
    }
    return general;
}

std::string with_expectations(const ast::Design& design, const std::string& text,
                              const std::vector<NewExpectation>& lines) {
    struct Edit {
        std::size_t begin = 0;
        std::size_t end = 0;
        std::string text;
    };
    std::vector<Edit> edits;
    std::size_t last = 0;
    std::string added;
    for (const ast::Expectation& old : design.expectations)
        last = std::max(last, end_of(text, old));
    const bool first = last == 0;
    if (first) last = offset_of(text, design.span);
    last = std::min(text.find('\n', last), text.size());
    for (const NewExpectation& line : lines) {
        if (!line.replaces) {
            added += "\n" + line_of(line);
            continue;
        }
        const ast::Expectation& old = design.expectations.at(*line.replaces);
        edits.push_back({begin_of(text, old), end_of(text, old), line_of(line, worlds_of(old))});
    }
    if (!added.empty()) edits.push_back({last, last, (first ? "\n" : "") + added});
    std::sort(edits.begin(), edits.end(),
              [](const Edit& a, const Edit& b) { return a.begin > b.begin; });
    std::string result = text;
    for (const Edit& edit : edits) result.replace(edit.begin, edit.end - edit.begin, edit.text);
    return result;
}

}  // namespace cowcheck
